//! What changes are called in the audit.

use subjects::gates::Change;
use subjects::gates::change::{LockDecision, Terms};

/// What is done.
pub(super) const fn action(change: &Change) -> &'static str {
    match change {
        Change::SetSwitch { thrown: true, .. } => "kill_switch.throw",
        Change::SetSwitch { thrown: false, .. } => "kill_switch.release",
        Change::RaiseLevel { .. } => "dangerous_action.raise",
        Change::IssueLicence(_) => "licence.issue",
        Change::RevokeLicence { .. } => "licence.revoke",
        Change::DraftLock(_) => "strategy_lock.draft",
        Change::DecideLock { decision: LockDecision::Approve, .. } => "strategy_lock.approve",
        Change::DecideLock { decision: LockDecision::Reject, .. } => "strategy_lock.reject",
        Change::DecideLock { decision: LockDecision::Expire, .. } => "strategy_lock.expire",
        Change::AskQuestion(_) => "three_wise.ask",
        Change::GiveOpinion { .. } => "three_wise.opinion",
        Change::SetLimit(_) => "budget_limit.set",
        Change::DropLimit { .. } => "budget_limit.drop",
        Change::RecordUsage(_) => "budget_usage.record",
        Change::DefineKpi(_) => "kpi.define",
        Change::SetCorridor(_) => "kpi_corridor.set",
        Change::DropCorridor { .. } => "kpi_corridor.drop",
        Change::Measure(_) => "kpi.measure",
        Change::SetTerms { what: Terms::Floors, .. } => "temperature.set_floors",
        Change::SetTerms { what: Terms::Ceilings, .. } => "temperature.set_ceilings",
        Change::SetTerms { what: Terms::Weights, .. } => "temperature.set_weights",
        Change::Override(_) => "gate_override.make",
        Change::RevokeOverride { .. } => "gate_override.revoke",
    }
}

/// To what it is done.
pub(super) fn resource(change: &Change) -> String {
    match change {
        Change::SetSwitch { target, .. } if target.name().is_empty() => format!("kill_switch.{}", target.kind()),
        Change::SetSwitch { target, .. } => format!("kill_switch.{}.{}", target.kind(), target.name()),
        Change::RaiseLevel { action, .. } => format!("dangerous_action.{action}"),
        Change::IssueLicence(licence) => format!("licence.{}", licence.licence_id),
        Change::RevokeLicence { licence_id } => format!("licence.{licence_id}"),
        Change::DraftLock(lock) => format!("strategy_lock.{}", lock.lock_id),
        Change::DecideLock { lock_id, .. } => format!("strategy_lock.{lock_id}"),
        Change::AskQuestion(question) => format!("question.{}", question.question_id),
        Change::GiveOpinion { question_id, .. } => format!("question.{question_id}"),
        Change::SetLimit(limit) => format!("budget_limit.{}", limit.limit_id),
        Change::DropLimit { limit_id } => format!("budget_limit.{limit_id}"),
        Change::RecordUsage(usage) => format!("budget_usage.{}", usage.usage_id),
        Change::DefineKpi(kpi) => format!("kpi.{}", kpi.kpi),
        Change::SetCorridor(corridor) => format!("kpi_corridor.{}.{}", corridor.surface, corridor.kpi),
        Change::DropCorridor { surface, kpi } => format!("kpi_corridor.{surface}.{kpi}"),
        Change::Measure(measurement) => format!("kpi.{}", measurement.kpi),
        Change::SetTerms { what, .. } => format!("temperature.{}", what.as_str()),
        Change::Override(new) => format!("gate_override.{}", new.override_id),
        Change::RevokeOverride { override_id } => format!("gate_override.{override_id}"),
    }
}
