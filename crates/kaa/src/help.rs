//! What `--help` and its kin print.

use crate::options::Information;

/// The text for an option that only asks for one.
pub fn text(information: Information, program: &str) -> String {
    match information {
        Information::Help => help(program),
        Information::Environment => ENVIRONMENT.to_owned(),
        Information::XOptions => X_OPTIONS.to_owned(),
        Information::All => format!("{}\n{ENVIRONMENT}\n{X_OPTIONS}", help(program)),
        Information::Version => format!("Python {}\n", version()),
        Information::LongVersion => {
            format!("Python {} (Kaa {}, {})\n", version(), env!("CARGO_PKG_VERSION"), std::env::consts::ARCH)
        }
    }
}

fn version() -> String {
    let [major, minor, micro] = kaa_runtime::VERSION;
    format!("{major}.{minor}.{micro}")
}

fn help(program: &str) -> String {
    let verbs = match kaa_verbs::summaries() {
        none if none.is_empty() => none,
        some => format!("\nVerbs; each has a --help of its own:\n{some}"),
    };
    format!("usage: {program} [option] ... [-c cmd | -m mod | file | -] [arg] ...\n{OPTIONS}{verbs}")
}

const OPTIONS: &str = "\
Runs a Python program. What to run ends the options:
-c cmd : the text cmd
-m mod : the module mod, as a script
file   : a script, a folder or zip file with a __main__.py, or a .pyc file
-      : standard input; a prompt when that is a terminal (as without all these)
arg ...: for the program, in sys.argv[1:]

Options, and the variables that do the same:
-b     : warn when bytes are taken for text or compared with it; -bb: raise
-B     : write no .pyc files (PYTHONDONTWRITEBYTECODE)
-d     : accepted; debugs CPython's parser (PYTHONDEBUG)
-E     : ignore the variables PYTHON*
-h     : print this help (also -?, --help)
-i     : a prompt after the program, on a terminal or not (PYTHONINSPECT)
-I     : keep the user's surroundings out: -E, -P and -s
-O     : leave out assert statements and code under __debug__ (PYTHONOPTIMIZE)
-OO    : leave out docstrings, too
-P     : put no folder of the program in front of sys.path (PYTHONSAFEPATH)
-q     : a prompt without version and copyright
-s     : leave the user's own site-packages out of sys.path (PYTHONNOUSERSITE)
-S     : do not import the module site
-u     : write standard output and error at once (PYTHONUNBUFFERED)
-v     : report imports; more so when repeated (PYTHONVERBOSE)
-V     : print the version (also --version); -VV: more of it
-W arg : a filter for warnings, action:message:category:module:line (PYTHONWARNINGS)
-x     : skip the first line of the script
-X opt : a switch of the implementation; see --help-xoptions
--check-hash-based-pycs always|default|never: when to compare .pyc files with their sources
--help-env: print the variables
--help-xoptions: print the switches of -X
--help-all: print all of this
";

const ENVIRONMENT: &str = "\
Variables that change what Python does (most count when they are not empty):
PYTHONPATH      : folders for sys.path, in front of the others, with ':' between
PYTHONHOME      : the folder that has the library in lib/python3.14, in place of Kaa's own
PYTHONSTARTUP   : a file that is run before the first prompt
PYTHONHASHSEED  : the seed for hashes of text: a number up to 4294967295, or 'random'
PYTHONIOENCODING: encoding[:errors] of the standard streams
PYTHONUSERBASE  : the folder of the user's own site-packages
PYTHONBREAKPOINT: what breakpoint() calls; 0 for nothing
PYTHON_BASIC_REPL: use the plain prompt
PYTHON_COLORS   : 1 for colours in what Python prints, 0 for none
PYTHON_HISTORY  : the file of the prompt's history

Variables with an option of the same meaning:
PYTHON_CONTEXT_AWARE_WARNINGS (-X context_aware_warnings), PYTHON_CPU_COUNT
(-X cpu_count), PYTHON_FROZEN_MODULES (-X frozen_modules), PYTHON_THREAD_INHERIT_CONTEXT
(-X thread_inherit_context), PYTHONPROFILEIMPORTTIME (-X importtime),
PYTHONDEBUG (-d), PYTHONDEVMODE (-X dev), PYTHONDONTWRITEBYTECODE (-B),
PYTHONINSPECT (-i), PYTHONINTMAXSTRDIGITS (-X int_max_str_digits),
PYTHONNOUSERSITE (-s), PYTHONOPTIMIZE (-O), PYTHONPYCACHEPREFIX (-X pycache_prefix),
PYTHONSAFEPATH (-P), PYTHONUNBUFFERED (-u), PYTHONUTF8 (-X utf8), PYTHONVERBOSE (-v),
PYTHONWARNDEFAULTENCODING (-X warn_default_encoding), PYTHONWARNINGS (-W)

Variables of Kaa:
KAA_GC          : switches of the collector (-X gc)
KAA_TEST_MODULES: the modules of Kaa's own tests (-X test-modules)
";

const X_OPTIONS: &str = "\
Switches of -X:
-X context_aware_warnings=0|1: warnings.catch_warnings holds for its context only
         (PYTHON_CONTEXT_AWARE_WARNINGS)
-X cpu_count=N|default: what os.cpu_count() says (PYTHON_CPU_COUNT)
-X dev : development mode: more checks and warnings (PYTHONDEVMODE)
-X frozen_modules[=on|off]: import what CPython freezes as it does; the library's sources
         are not seen then (PYTHON_FROZEN_MODULES; off)
-X gc=SWITCH,...: switches of Kaa's collector, for tests: stress[=N], verify, poison,
         no-move and others (KAA_GC)
-X importtime[=2]: say how long imports take; with 2 also those of modules that are there
         (PYTHONPROFILEIMPORTTIME)
-X int_max_str_digits=N: digits that an int may have as text; 0 for any number
         (PYTHONINTMAXSTRDIGITS)
-X pycache_prefix=PATH: keep .pyc files below this folder (PYTHONPYCACHEPREFIX)
-X test-modules[=FOLDER]: native modules that tests reach into Kaa through, and a folder
         to import from in all runs, also with -I (KAA_TEST_MODULES)
-X thread_inherit_context=0|1: threads start with a copy of their starter's context
         (PYTHON_THREAD_INHERIT_CONTEXT)
-X utf8[=0|1]: text is UTF-8, whatever the locale says (PYTHONUTF8)
-X warn_default_encoding: warn where a file is opened without an encoding
         (PYTHONWARNDEFAULTENCODING)
Others are kept in sys._xoptions.
";
