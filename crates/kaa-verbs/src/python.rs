//! A Python that is started when a source asks for it: for encodings that only Python's codecs know,
//! and for the hints that tracebacks give.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

use kaa_compile::{Diagnostic, Place};
use kaa_objects::types::str::PyStr;
use kaa_objects::types::tuple::PyTuple;
use kaa_objects::{PyResult, Value, Vm};
use kaa_runtime::{Config, Program, Runtime};

/// The thread that Python runs on, once there is one.
#[derive(Default)]
pub struct Helper {
    /// Errors are not shown, so that hints are of no use.
    without_hints: bool,
    thread: Mutex<Option<Sender<Question>>>,
}

/// A function of [`FUNCTIONS`], its arguments, and where the answer goes.
struct Question {
    function: &'static str,
    text: String,
    bytes: Vec<u8>,
    answer: Sender<Option<Answer>>,
}

/// A tuple of strings, integers and `None`.
type Answer = Vec<Item>;

enum Item {
    None,
    Text(String),
    Number(i64),
}

const FUNCTIONS: &str = r#"
def decode(name, data):
    try:
        text = data.decode(name)
        text.encode()
        return 1, text
    except UnicodeEncodeError:
        return 0, f'encoding problem: {name}'
    except LookupError:
        return 0, f'unknown encoding: {name}'
    except Exception as error:
        return 0, str(error)

def hint(filename, data):
    import traceback
    try:
        compile(data, filename, 'exec', dont_inherit=True)
    except SyntaxError as error:
        shown = traceback.TracebackException.from_exception(error)
        for line in shown.format_exception_only():
            pass
        if shown.msg != error.msg:
            return shown.msg, shown.text, int(shown.lineno), shown.offset, int(shown.end_lineno), shown.end_offset
"#;

/// More than Python believes to have.
const STACK: usize = 80 << 20;

impl Helper {
    pub fn new(shows_errors: bool) -> Helper {
        Helper { without_hints: !shows_errors, ..Helper::default() }
    }

    fn ask(&self, function: &'static str, text: &str, bytes: &[u8]) -> Option<Answer> {
        let (answer, reply) = channel();
        let question = Question { function, text: text.to_owned(), bytes: bytes.to_vec(), answer };
        {
            let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
            if thread.is_none() {
                let (sender, questions) = channel();
                std::thread::Builder::new().stack_size(STACK).spawn(move || answer_all(&questions)).ok()?;
                *thread = Some(sender);
            }
            thread.as_ref()?.send(question).ok()?;
        }
        reply.recv().ok()?
    }
}

impl kaa_compile::Python for Helper {
    fn decode(&self, name: &str, bytes: &[u8]) -> Result<String, String> {
        match self.ask("decode", name, bytes).as_deref() {
            Some([Item::Number(1), Item::Text(text)]) => Ok(text.clone()),
            Some([Item::Number(_), Item::Text(message)]) => Err(message.clone()),
            _ => Err(format!("unknown encoding: {name}")),
        }
    }

    fn hint(&self, source: &[u8], filename: &str) -> Option<Diagnostic> {
        if self.without_hints {
            return None;
        }
        let answer = self.ask("hint", filename, source)?;
        let [
            Item::Text(message),
            text,
            Item::Number(line),
            Item::Number(offset),
            Item::Number(end_line),
            Item::Number(end),
        ] = answer.as_slice()
        else {
            return None;
        };
        let text = match text {
            Item::Text(text) => Some(text.clone()),
            _ => None,
        };
        let end = Some((*end_line as i32, *end as i32));
        let place = Some(Place { line: *line as i32, offset: *offset as i32, end, text });
        Some(Diagnostic { class: "SyntaxError".into(), message: message.clone(), place })
    }
}

/// Runs Python until nobody can ask any more.
fn answer_all(questions: &Receiver<Question>) {
    let config = Config {
        isolated: true,
        ignore_environment: true,
        no_site: true,
        no_user_site: true,
        safe_path: true,
        dont_write_bytecode: true,
        warn_options: vec!["ignore".into()],
        ..Config::default()
    };
    let Ok(runtime) = Runtime::start(config, &[]) else { return };
    if kaa_runtime::run::run(&runtime.vm, &Program::Command(FUNCTIONS.into())) != 0 {
        return;
    }
    for question in questions {
        let vm = &*runtime.vm;
        let answer = answer(vm, &question).map_err(|raised| vm.take_exception(raised)).ok();
        // Whoever asked waits for it.
        let _ = question.answer.send(answer);
    }
}

/// Calls the function.
fn answer(vm: &Vm, question: &Question) -> PyResult<Answer> {
    let globals = kaa_runtime::run::main_globals(vm)?;
    let function = globals.get_str(vm, vm.intern(question.function)).unwrap_or(Value::NONE);
    let args = [vm.new_str(&question.text)?.value(), vm.new_bytes(&question.bytes)?.value()];
    let result = vm.call(function, &args)?;
    let Some(tuple) = vm.cast::<PyTuple>(result) else { return Ok(Vec::new()) };
    let item = |&item: &Value| match vm.cast::<PyStr>(item) {
        Some(text) => Item::Text(text.to_string_lossy()),
        None => vm.int_to_i64(item).map_or(Item::None, Item::Number),
    };
    Ok(tuple.as_slice().iter().map(item).collect())
}
