//! Changes of what gates decide on. Each carries the name of what it makes, so that a repeat is recognised and changes nothing.

use crate::gates::text::{Name, Words};
use crate::ids::{LicenceId, LimitId, LockId, OverrideId, QuestionId, SurfaceId};
use crate::money::Money;
use chrono::{DateTime, Utc};
use gates::{GateName, Level, SubjectKind, Target, Verdict, Window};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What becomes another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// A kill switch is thrown or released.
    SetSwitch {
        /// What it stops.
        target: Target,
        /// Whether it stops it.
        thrown: bool,
        /// Why.
        reason: Words,
    },
    /// An action counts as more dangerous than before.
    RaiseLevel {
        /// Which.
        action: Name,
        /// The level of the licence that it takes from now on.
        level: Level,
    },
    /// A licence is issued.
    IssueLicence(NewLicence),
    /// A licence is taken back.
    RevokeLicence {
        /// Which.
        licence_id: LicenceId,
    },
    /// A strategy lock is drafted.
    DraftLock(NewLock),
    /// A strategy lock is decided on, or let expire.
    DecideLock {
        /// Which.
        lock_id: LockId,
        /// How.
        decision: LockDecision,
        /// Why, where that is asked for.
        reason: Option<Words>,
    },
    /// Three wise are asked.
    AskQuestion(NewQuestion),
    /// One of the three says what they think.
    GiveOpinion {
        /// Of which question.
        question_id: QuestionId,
        /// What.
        opinion: Verdict,
        /// Why.
        reason: Words,
    },
    /// What may be spent is limited.
    SetLimit(NewLimit),
    /// A limit is lifted.
    DropLimit {
        /// Which.
        limit_id: LimitId,
    },
    /// Somebody tells what was spent.
    RecordUsage(NewUsage),
    /// A figure is defined.
    DefineKpi(NewKpi),
    /// A figure of a surface gets bounds.
    SetCorridor(NewCorridor),
    /// A figure of a surface loses its bounds.
    DropCorridor {
        /// On which surface.
        surface: SurfaceId,
        /// Which figure.
        kpi: Name,
    },
    /// A figure was measured.
    Measure(NewMeasurement),
    /// All floors, ceilings or weights of the temperature become others.
    SetTerms {
        /// Which of the three.
        what: Terms,
        /// Each, by its figure. Those that are not named have none.
        values: BTreeMap<Name, f64>,
    },
    /// An owner gives their word against what is unknown.
    Override(NewOverride),
    /// An owner takes their word back.
    RevokeOverride {
        /// Which.
        override_id: OverrideId,
    },
}

impl Change {
    /// The word for it in subjects.
    pub const fn kind(&self) -> &'static str {
        match self {
            Change::SetSwitch { .. } => "set_switch",
            Change::RaiseLevel { .. } => "raise_level",
            Change::IssueLicence(_) => "issue_licence",
            Change::RevokeLicence { .. } => "revoke_licence",
            Change::DraftLock(_) => "draft_lock",
            Change::DecideLock { .. } => "decide_lock",
            Change::AskQuestion(_) => "ask_question",
            Change::GiveOpinion { .. } => "give_opinion",
            Change::SetLimit(_) => "set_limit",
            Change::DropLimit { .. } => "drop_limit",
            Change::RecordUsage(_) => "record_usage",
            Change::DefineKpi(_) => "define_kpi",
            Change::SetCorridor(_) => "set_corridor",
            Change::DropCorridor { .. } => "drop_corridor",
            Change::Measure(_) => "measure",
            Change::SetTerms { .. } => "set_terms",
            Change::Override(_) => "override",
            Change::RevokeOverride { .. } => "revoke_override",
        }
    }
}

/// A licence to be issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewLicence {
    /// Names it.
    pub licence_id: LicenceId,
    /// To what kind of being.
    pub subject_type: SubjectKind,
    /// To whom.
    pub subject_id: Name,
    /// Up to how dangerous.
    pub level: Level,
    /// For which actions; none means all.
    pub scope: Option<Vec<Name>>,
    /// Until when, not including.
    pub expires_at: DateTime<Utc>,
}

/// A strategy lock to be drafted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewLock {
    /// Names it.
    pub lock_id: LockId,
    /// For people.
    pub title: Words,
    /// What it allows.
    pub allowed_actions: Vec<Name>,
    /// On which surfaces; none means all.
    pub surfaces: Option<Vec<SurfaceId>>,
    /// Through which providers; none means all.
    pub providers: Option<Vec<Name>>,
    /// What an action may cost at most.
    pub cost_max: Option<Money>,
    /// From when; none for now.
    pub valid_from: Option<DateTime<Utc>>,
    /// Until when, not including.
    pub valid_until: DateTime<Utc>,
    /// The three-wise question whose verdict it needs.
    pub question_id: Option<QuestionId>,
}

/// How a strategy lock is decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockDecision {
    /// It holds, in its time.
    Approve,
    /// It never holds.
    Reject,
    /// Its time ends now.
    Expire,
}

/// A three-wise question to be asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewQuestion {
    /// Names it.
    pub question_id: QuestionId,
    /// The question.
    pub question: Words,
    /// What there is to know.
    pub details: Option<Value>,
}

/// A limit to be set; one of the same name is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewLimit {
    /// Names it.
    pub limit_id: LimitId,
    /// Of which surface; none limits all together.
    pub surface: Option<SurfaceId>,
    /// In which time.
    pub window: Window,
    /// The most.
    pub most: Money,
}

/// What was spent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewUsage {
    /// Names it.
    pub usage_id: Uuid,
    /// How much.
    pub cost: Money,
    /// Where.
    pub surface: Option<SurfaceId>,
    /// Through whom.
    pub provider: Option<Name>,
    /// For people.
    pub note: Option<Words>,
    /// When; none for now.
    pub used_at: Option<DateTime<Utc>>,
}

/// A figure to be defined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewKpi {
    /// Names it.
    pub kpi: Name,
    /// For people.
    pub title: Words,
    /// What its numbers count.
    pub unit: Words,
}

/// Bounds of a figure on a surface; they replace those that it has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewCorridor {
    /// On which surface.
    pub surface: SurfaceId,
    /// Which figure.
    pub kpi: Name,
    /// Not below this.
    pub min: Option<f64>,
    /// Not above this.
    pub max: Option<f64>,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewMeasurement {
    /// Names it.
    pub measurement_id: Uuid,
    /// Which figure.
    pub kpi: Name,
    /// On which surface; none for the tenant and env as a whole.
    pub surface: Option<SurfaceId>,
    /// What it was.
    pub value: f64,
    /// When.
    pub measured_at: DateTime<Utc>,
}

/// What the temperature is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Terms {
    /// What figures must not be below.
    Floors,
    /// What they must not be above.
    Ceilings,
    /// How much each counts for.
    Weights,
}

impl Terms {
    /// Every one.
    pub const ALL: [Terms; 3] = [Terms::Floors, Terms::Ceilings, Terms::Weights];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Terms::Floors => "floors",
            Terms::Ceilings => "ceilings",
            Terms::Weights => "weights",
        }
    }

    /// The action that a strategy lock must allow for it to be changed (contract section 7).
    pub const fn locked_action(self) -> &'static str {
        match self {
            Terms::Floors => "temperature:upsert_floors",
            Terms::Ceilings => "temperature:upsert_ceilings",
            Terms::Weights => "temperature:upsert_weights",
        }
    }
}

/// An owner's word against what is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewOverride {
    /// Names it.
    pub override_id: OverrideId,
    /// At which gate.
    pub gate: GateName,
    /// For which action; none means all.
    pub action: Option<Name>,
    /// Why.
    pub reason: Words,
    /// Until when, not including.
    pub expires_at: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gates::GatesAsk;

    #[test]
    fn an_ask_is_read_as_it_is_written() {
        let reason: Words = "because".parse().unwrap();
        let usage = NewUsage {
            usage_id: Uuid::nil(),
            cost: Money { micros: u64::MAX, currency: "EUR".parse().unwrap() },
            surface: None,
            provider: Some("acme".parse().unwrap()),
            note: None,
            used_at: Some(DateTime::UNIX_EPOCH),
        };
        let values = [("latency".parse().unwrap(), 0.1), ("errors".parse().unwrap(), 3.0)].into();
        for change in [
            Change::SetSwitch { target: Target::Action("publish".into()), thrown: true, reason: reason.clone() },
            Change::SetSwitch { target: Target::Everything, thrown: false, reason },
            Change::RecordUsage(usage),
            Change::SetTerms { what: Terms::Weights, values },
        ] {
            let ask = GatesAsk::Change(Box::new(change));
            let text = serde_json::to_string(&ask).unwrap();
            assert_eq!(serde_json::from_str::<GatesAsk>(&text).unwrap(), ask, "{text}");
            assert!(text.contains(ask.kind()), "the word in subjects is the word in bodies: {text}");
        }
    }

    #[test]
    fn terms_have_their_words() {
        for what in Terms::ALL {
            assert_eq!(serde_json::to_value(what).unwrap(), what.as_str());
            assert!(gates::needs_lock(what.locked_action()), "{}", what.as_str());
        }
    }
}
