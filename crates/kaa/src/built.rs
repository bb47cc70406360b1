//! Executables that `kaa build` made: copies of the command with a program in them. They are no
//! Python to the user: their arguments are the program's, and no variable of the environment
//! changes how it runs.

use std::ffi::{CString, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use kaa_image::{Image, ImageError, PT_KAA};
use kaa_runtime::{Runtime, built};

/// Runs the program in this executable, if there is one; gives the exit code.
pub fn run() -> Option<i32> {
    let args: Vec<OsString> = std::env::args_os().collect();
    let image = match kaa_host::program::segment(PT_KAA)? {
        Ok(bytes) => Image::parse(bytes, Some(kaa_library::KAA)),
        Err(kaa_host::program::CutOff) => Err(ImageError::Truncated),
    };
    let image = match image {
        Ok(image) => image,
        Err(error) => return Some(refuse(&args, &error)),
    };
    let Some((start, settings)) = image.program.clone() else { return Some(refuse(&args, &ImageError::NoProgram)) };
    let path = kaa_host::program::path().unwrap_or_else(|| settings.name.clone().into());
    explain_crashes(&image, &settings.name, &path);
    built::mount(image, &path);
    let config = built::config(&settings, &path, args);
    Some(match Runtime::start(config, &[]) {
        Ok(runtime) => {
            let code = built::run(&runtime.vm, &start);
            runtime.finish(code)
        }
        Err(error) => {
            eprintln!("{}: {error}", settings.name);
            1
        }
    })
}

/// Looks for damage of the runtime, which no start looks for, when a fault ends it.
fn explain_crashes(image: &Image<'_>, name: &str, path: &Path) {
    let Ok(path) = CString::new(path.as_os_str().as_bytes()) else { return };
    kaa_host::crash::explain(kaa_host::crash::File {
        path,
        len: image.executable_len(),
        checksum: image.executable_checksum(),
        add: kaa_image::add_to_crc32,
        message: format!("{name}: {}\n", ImageError::Damaged("the runtime".into())),
        code: built::DAMAGED,
    });
}

/// Says why the executable cannot run.
fn refuse(args: &[OsString], error: &ImageError) -> i32 {
    let name = args.first().map(Path::new).and_then(Path::file_name).unwrap_or("kaa".as_ref());
    eprintln!("{}: {error}", name.to_string_lossy());
    built::DAMAGED
}
