//! Where the time of commands goes, as edges and workers count it themselves.

use crate::world::World;
use anyhow::Result;
use std::collections::BTreeMap;

/// What is read, and what it is called here. Each is a histogram of one number.
const HISTOGRAMS: [(&str, &str, f64); 3] = [
    ("northstar_batch_commands", "commands per message", 1.0),
    ("northstar_command_seconds", "edge", 1_000.0),
    ("northstar_command_stage_seconds", "worker", 1_000.0),
];

/// How often and how long, by stage, since the processes started.
#[derive(Debug, Default)]
pub(crate) struct Stages(BTreeMap<String, Sum>);

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    total: f64,
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
        let mean = |(stage, sum): (&String, &Sum)| {
            let before = earlier.0.get(stage).copied().unwrap_or_default();
            let count = sum.count - before.count;
            (count > 0.0).then(|| format!("{stage} {:.2}", (sum.total - before.total) / count))
        };
        self.0.iter().filter_map(mean).collect::<Vec<_>>().join(", ")
    }

    fn read(&mut self, text: &str) {
        for line in text.lines() {
            let Some((name, value)) = line.rsplit_once(' ') else { continue };
            let Ok(value) = value.parse::<f64>() else { continue };
            for (histogram, called, scale) in HISTOGRAMS {
                let Some(rest) = name.strip_prefix(histogram) else { continue };
                let (part, labels) = rest.split_once('{').unwrap_or((rest, ""));
                if labels.contains("role=\"control\"") {
                    continue;
                }
                let sum = self.0.entry([called, &stage(labels)].concat()).or_default();
                match part {
                    "_sum" => sum.total += value * scale,
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
            "# HELP northstar_batch_commands x\n\
             northstar_batch_commands_bucket{le=\"1\"} 1\nnorthstar_batch_commands_sum 6\nnorthstar_batch_commands_count 3\n\
             northstar_command_stage_seconds_sum{role=\"apply\",stage=\"send\"} 1.5\n\
             northstar_command_stage_seconds_count{role=\"apply\",stage=\"send\"} 110\n\
             northstar_command_stage_seconds_sum{role=\"control\",stage=\"send\"} 9\n",
        );
        assert_eq!(after.since(&before), "commands per message 2.00, worker send 5.00");
    }
}
