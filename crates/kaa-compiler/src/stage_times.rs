//! How long the stages of a compilation take, for benchmarks.

use std::time::{Duration, Instant};

/// The time spent in each stage, summed over the compilations that were given it.
#[derive(Clone, Copy, Debug, Default)]
pub struct StageTimes {
    /// The pass over the tree before symbol tables.
    pub preprocessing: Duration,
    pub symbols: Duration,
    pub code_generation: Duration,
    pub flow_graph: Duration,
    pub assembly: Duration,
}

/// Tells the stages of one compilation apart, if anyone wants to know.
pub(crate) struct StageClock<'t> {
    times: Option<(&'t mut StageTimes, Instant)>,
}

impl<'t> StageClock<'t> {
    pub fn new(times: Option<&'t mut StageTimes>) -> Self {
        StageClock { times: times.map(|times| (times, Instant::now())) }
    }

    /// What has passed since the last call belongs to a stage.
    #[inline]
    pub fn end(&mut self, stage: impl FnOnce(&mut StageTimes) -> &mut Duration) {
        if let Some((times, start)) = &mut self.times {
            let now = Instant::now();
            *stage(times) += now - std::mem::replace(start, now);
        }
    }
}
