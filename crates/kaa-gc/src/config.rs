//! What can be chosen about a heap at run time: sizes, growth and the debugging modes.
//! Text form (`-X gc=…`, `KAA_GC`): comma-separated, e.g. `stress=10,verify,nursery=8m`.

/// Settings of one heap.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Collect (young) at every n-th allocation; 0 is off.
    pub stress: u32,
    /// Pin every survivor: nothing ever moves.
    pub no_move: bool,
    /// Overwrite freed memory with [`crate::POISON`].
    pub poison: bool,
    /// Check the whole heap by an independent walk after each collection.
    pub verify: bool,
    /// Make every collection a full one.
    pub no_generations: bool,
    /// One line on stderr for each collection.
    pub log: bool,
    /// A tiny nursery whose freed blocks are poisoned and reused as late as possible: a pointer that the collector does
    /// not know of reads poison instead of an object that happens to be there.
    pub evacuate_always: bool,
    /// A full collection starts when live bytes exceed this factor times those after the last one.
    pub growth: f64,
    /// Bytes allocated between young collections, at most.
    pub nursery: usize,
    /// Bytes allocated between young collections, at least.
    pub least_nursery: usize,
    /// Bytes allocated before the first young collection, at most one and a half times `nursery`: what a start allocates
    /// lives, so that a collection before its end does nothing but copy.
    pub first_nursery: usize,
    /// No full collection below this number of live bytes.
    pub first_full: usize,
    /// Live bytes above which allocation fails; 0: bounded by the machine only.
    pub max_heap: usize,
    /// Address space reserved for small objects (halved until the system grants it).
    pub reserve: usize,
}

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

impl Default for Config {
    fn default() -> Config {
        Config {
            stress: 0,
            no_move: false,
            poison: false,
            verify: false,
            no_generations: false,
            log: false,
            evacuate_always: false,
            growth: 1.75,
            nursery: 2 * MIB,
            least_nursery: 256 * KIB,
            first_nursery: 3 * MIB,
            first_full: 4 * MIB,
            max_heap: 0,
            reserve: 64 << 30,
        }
    }
}

impl Config {
    /// Reads the text form; the empty text is the default.
    pub fn parse(text: &str) -> Result<Config, String> {
        let mut config = Config::default();
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let (name, value) = match item.split_once('=') {
                Some((name, value)) => (name.trim(), Some(value.trim())),
                None => (item, None),
            };
            let switch = || switch_value(name, value);
            match name {
                "stress" => {
                    config.stress = match value {
                        None => 1,
                        Some(text) => text.parse().map_err(|_| format!("gc option stress: not a number: '{text}'"))?,
                    }
                }
                "nomove" => config.no_move = switch()?,
                "poison" => config.poison = switch()?,
                "verify" => config.verify = switch()?,
                "nogen" => config.no_generations = switch()?,
                "log" => config.log = switch()?,
                "evacuate-always" => config.evacuate_always = switch()?,
                "growth" => config.growth = growth_value(value)?,
                "nursery" => config.nursery = size_value(name, value)?.max(64 * KIB),
                "least-nursery" => config.least_nursery = size_value(name, value)?.max(64 * KIB),
                "first-nursery" => config.first_nursery = size_value(name, value)?.max(64 * KIB),
                "first-full" => config.first_full = size_value(name, value)?,
                "max" => config.max_heap = size_value(name, value)?,
                "reserve" => config.reserve = size_value(name, value)?.max(MIB),
                _ => return Err(format!("unknown gc option '{name}'")),
            }
        }
        if config.evacuate_always && config.no_move {
            return Err("gc options nomove and evacuate-always exclude each other".to_string());
        }
        Ok(config)
    }

    /// Makes the settings agree with each other.
    pub(crate) fn normalized(mut self) -> Config {
        if self.evacuate_always {
            self.poison = true;
            self.nursery = 64 * KIB;
        }
        self.least_nursery = self.least_nursery.min(self.nursery);
        self.first_nursery = self.first_nursery.min(self.nursery / 2 * 3);
        self
    }
}

fn switch_value(name: &str, value: Option<&str>) -> Result<bool, String> {
    match value {
        None | Some("1" | "on") => Ok(true),
        Some("0" | "off") => Ok(false),
        Some(text) => Err(format!("gc option {name}: expected on or off, not '{text}'")),
    }
}

fn growth_value(value: Option<&str>) -> Result<f64, String> {
    let text = value.ok_or("gc option growth needs a value")?;
    match text.parse::<f64>() {
        Ok(factor) if (1.0..=100.0).contains(&factor) => Ok(factor),
        _ => Err(format!("gc option growth: expected a factor from 1 to 100, not '{text}'")),
    }
}

fn size_value(name: &str, value: Option<&str>) -> Result<usize, String> {
    let text = value.ok_or_else(|| format!("gc option {name} needs a value"))?;
    let (digits, shift) = match text.as_bytes().last() {
        Some(b'k' | b'K') => (&text[..text.len() - 1], 10),
        Some(b'm' | b'M') => (&text[..text.len() - 1], 20),
        Some(b'g' | b'G') => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    let number = digits.parse::<usize>().ok().and_then(|n| n.checked_mul(1 << shift));
    number.ok_or_else(|| format!("gc option {name}: not a size: '{text}'"))
}
