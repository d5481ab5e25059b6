//! Where the time of commands goes, as edges and workers count it themselves.

use crate::world::World;
use anyhow::Result;
use std::collections::BTreeMap;

/// What is read, in seconds, and what it is called here.
const HISTOGRAMS: [(&str, &str); 2] =
    [("northstar_command_seconds", "edge"), ("northstar_command_stage_seconds", "worker")];
/// Counted once for each command, and once for each message that they travel in.
const OF_COMMANDS: &str = "edge total";
const OF_MESSAGES: &str = "edge publish";

/// How often and how long, by stage, since the processes started.
#[derive(Debug, Default)]
pub(crate) struct Stages(BTreeMap<String, Sum>);

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    total_ms: f64,
    count: f64,
}

impl Stages {
    /// As they stand now, all processes together.
    pub(crate) async fn now(world: &World) -> Result<Self> {
        let mut stages = Self::default();
        let access = world.stack.access();
        for url in access.edge_urls.iter().chain(&access.worker_urls) {
            stages.read(&world.metrics(url).await?);
        }
        Ok(stages)
    }

    /// The means since `earlier`, in words; times in milliseconds.
    pub(crate) fn since(&self, earlier: &Self) -> String {
        let share = self.count_since(earlier, OF_COMMANDS) / self.count_since(earlier, OF_MESSAGES);
        let gathered = share.is_finite().then(|| format!("{share:.2} commands to a message"));
        let means = self.0.iter().filter_map(|(stage, sum)| {
            let before = earlier.0.get(stage).copied().unwrap_or_default();
            let count = sum.count - before.count;
            (count > 0.0).then(|| format!("{stage} {:.2}", (sum.total_ms - before.total_ms) / count))
        });
        means.chain(gathered).collect::<Vec<_>>().join(", ")
    }

    fn count_since(&self, earlier: &Self, stage: &str) -> f64 {
        let count = |stages: &Self| stages.0.get(stage).map_or(0.0, |sum| sum.count);
        count(self) - count(earlier)
    }

    fn read(&mut self, text: &str) {
        for line in text.lines() {
            let Some((name, value)) = line.rsplit_once(' ') else { continue };
            let Ok(value) = value.parse::<f64>() else { continue };
            for (histogram, called) in HISTOGRAMS {
                let Some(rest) = name.strip_prefix(histogram) else { continue };
                let (part, labels) = rest.split_once('{').unwrap_or((rest, ""));
                if labels.contains("role=\"control\"") {
                    continue;
                }
                let sum = self.0.entry([called, &stage(labels)].concat()).or_default();
                match part {
                    "_sum" => sum.total_ms += value * 1_000.0,
                    "_count" => sum.count += value,
                    _ => {}
                }
            }
        }
    }
}

/// The value of the label `stage`, behind a blank; nothing where there is none.
fn stage(labels: &str) -> String {
    let value = labels.split(',').find_map(|label| label.trim_end_matches('}').strip_prefix("stage="));
    value.map(|value| format!(" {}", value.trim_matches('"'))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_of_what_came_in_between() {
        let read = |text: &str| {
            let mut stages = Stages::default();
            stages.read(text);
            stages
        };
        let before = read(
            "northstar_command_stage_seconds_sum{role=\"apply\",stage=\"send\"} 1\n\
             northstar_command_stage_seconds_count{role=\"apply\",stage=\"send\"} 10\n",
        );
        let after = read(
            "# HELP northstar_command_seconds x\n\
             northstar_command_seconds_count{stage=\"total\"} 6\nnorthstar_command_seconds_count{stage=\"publish\"} 3\n\
             northstar_command_stage_seconds_sum{role=\"apply\",stage=\"send\"} 1.5\n\
             northstar_command_stage_seconds_count{role=\"apply\",stage=\"send\"} 110\n\
             northstar_command_stage_seconds_sum{role=\"control\",stage=\"send\"} 9\n",
        );
        let expected = "edge publish 0.00, edge total 0.00, worker send 5.00, 2.00 commands to a message";
        assert_eq!(after.since(&before), expected);
    }
}
