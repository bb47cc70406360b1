//! An implementation of Python that says what it makes of sources, one after the other.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use crate::arguments::Failure;

/// What was said of a source: names and contents, in order.
pub type Records = Vec<(String, Vec<u8>)>;

/// What came of a source.
pub enum Answer {
    Records(Records),
    /// The process died or had to be stopped, for this reason.
    Stopped(String),
}

/// A process with the sources that it still has to say something of. It is started again after one
/// at which it died.
pub struct Worker<'w> {
    program: &'w Path,
    plan: &'w str,
    folder: PathBuf,
    timeout: Duration,
    files: &'w [PathBuf],
    /// Of all files: how many are done, and how many were when the process started.
    done: usize,
    begun: usize,
    process: Option<(Child, Receiver<String>)>,
}

impl<'w> Worker<'w> {
    pub fn new(
        program: &'w Path,
        plan: &'w str,
        folder: PathBuf,
        timeout: Duration,
        files: &'w [PathBuf],
    ) -> Result<Worker<'w>, Failure> {
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Worker { program, plan, folder, timeout, files, done: 0, begun: 0, process: None })
    }

    /// The answer for the next file.
    pub fn next(&mut self) -> Result<Answer, Failure> {
        if self.process.is_none() {
            self.start()?;
        }
        let Some((_, lines)) = &mut self.process else { return Err("no process".to_owned()) };
        let received = lines.recv_timeout(self.timeout);
        let path = self.folder.join((self.done - self.begun).to_string());
        self.done += 1;
        match received {
            Ok(_) => {
                let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
                let _ = std::fs::remove_file(&path);
                let records = read_records(&bytes).ok_or_else(|| format!("{}: broken records", path.display()))?;
                Ok(Answer::Records(records))
            }
            Err(error) => {
                let reason = self.stop(error);
                let _ = std::fs::remove_file(&path);
                Ok(Answer::Stopped(reason))
            }
        }
    }

    fn start(&mut self) -> Result<(), Failure> {
        self.begun = self.done;
        let failure = |error: std::io::Error| format!("{}: {error}", self.program.display());
        let mut child = Command::new(self.program)
            .args(["-I", "-c", concat!(include_str!("../python/stable_repr.py"), include_str!("../python/facts.py"))])
            .arg(&self.folder)
            .arg(self.plan)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failure)?;
        if let Some(mut input) = child.stdin.take() {
            let paths: String = self.files[self.done..].iter().map(|path| format!("{}\n", path.display())).collect();
            input.write_all(paths.as_bytes()).map_err(failure)?;
        }
        let (sender, receiver) = channel();
        if let Some(output) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        self.process = Some((child, receiver));
        Ok(())
    }

    /// Ends the process and says why.
    fn stop(&mut self, error: RecvTimeoutError) -> String {
        let Some((mut child, _)) = self.process.take() else { return String::new() };
        if error == RecvTimeoutError::Timeout {
            let _ = child.kill();
            let _ = child.wait();
            return format!("no answer in {} seconds", self.timeout.as_secs());
        }
        match child.wait() {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        }
    }
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        if let Some((mut child, _)) = self.process.take() {
            // Done with its files it ends by itself.
            if self.done < self.files.len() {
                let _ = child.kill();
            }
            let _ = child.wait();
        }
    }
}

fn read_records(mut bytes: &[u8]) -> Option<Records> {
    let mut records = Records::new();
    while !bytes.is_empty() {
        let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
        let name = std::str::from_utf8(lines.next()?).ok()?;
        let length: usize = std::str::from_utf8(lines.next()?).ok()?.parse().ok()?;
        let (content, rest) = lines.next()?.split_at_checked(length)?;
        records.push((name.to_owned(), content.to_vec()));
        bytes = rest;
    }
    Some(records)
}

#[cfg(test)]
mod tests {
    use super::read_records;

    #[test]
    fn records_are_read() {
        let records = read_records(b"code -O0\n3\na\nbtokens\n0\nast\n1\nx").unwrap();
        let expected = [("code -O0", &b"a\nb"[..]), ("tokens", b""), ("ast", b"x")];
        assert!(records.iter().map(|(name, content)| (&**name, &**content)).eq(expected));
        assert!(read_records(b"code\n4\nabc").is_none());
    }
}
