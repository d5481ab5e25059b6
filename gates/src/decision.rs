//! What comes of the facts.

use crate::facts::{Breach, Level};
use serde::{Deserialize, Serialize};

/// Whether it may be, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Whether it may.
    pub allowed: bool,
    /// The gate that refused.
    pub gate: Option<GateName>,
    /// Its code.
    pub code: Option<GateCode>,
    /// Each gate that was asked, in order.
    pub steps: Vec<Step>,
}

/// What one gate said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Which.
    pub gate: GateName,
    /// What.
    pub outcome: Outcome,
}

/// What a gate says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It has nothing against it.
    Passed {
        /// By what it passed.
        via: Via,
    },
    /// It is not asked about drafts.
    Skipped,
    /// No.
    Refused {
        /// The stable code.
        code: GateCode,
        /// Why, and with it what would change the answer.
        cause: Cause,
    },
}

/// By what a gate was passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// Nothing stood against it.
    Rule,
    /// A licence.
    Licence(String),
    /// A strategy lock.
    Lock(String),
    /// An owner's word against what is unknown.
    Override(String),
}

/// The gates, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateName {
    /// Is it switched off?
    KillSwitch,
    /// Has who acts the licence that it takes?
    Firearms,
    /// Was it agreed on?
    StrategyLock,
    /// Can it be paid?
    Budget,
    /// Do the figures of the surface hold?
    Kpi,
    /// Is the tenant neither too hot nor too cold?
    Temperature,
}

/// The stable codes of refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GateCode {
    /// A kill switch stops it.
    KillSwitch,
    /// No active licence of the level that it takes.
    LicenceRequired,
    /// No approved, current strategy lock allows it.
    StrategyLockRequired,
    /// A limit would be passed.
    BudgetExceeded,
    /// A corridor does not hold.
    KpiOutOfCorridor,
    /// A floor or ceiling does not hold.
    TemperatureBreach,
    /// The kill switches are not known.
    KillSwitchUnknown,
    /// The licences are not known.
    LicenceUnknown,
    /// The strategy locks are not known.
    StrategyLockUnknown,
    /// The spend, or a limit in the currency, is not known.
    BudgetUnknown,
    /// A corridor has no measurement.
    KpiUnknown,
    /// A bound has no measurement.
    TemperatureUnknown,
}

/// Why a gate refuses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// Its facts could not be read.
    Unread,
    /// What is needed was never measured.
    Unmeasured {
        /// What.
        names: Vec<String>,
    },
    /// It is switched off.
    SwitchedOff {
        /// Whether by tenant-0, for all.
        for_all: bool,
    },
    /// A licence is needed.
    LevelNeeded {
        /// The least level.
        needed: Level,
        /// The highest that is held for it now.
        held: Option<Level>,
    },
    /// A strategy lock is needed.
    LockNeeded {
        /// Those that were looked at.
        looked_at: Vec<String>,
    },
    /// It costs too much.
    TooExpensive {
        /// The limit.
        limit_id: String,
        /// What is left of it, in millionths.
        left_micros: u64,
    },
    /// There is no limit in its currency.
    CurrencyUnknown {
        /// Which.
        currency: String,
    },
    /// Bounds that do not hold.
    OutOfBounds {
        /// Which.
        breaches: Vec<Breach>,
    },
}

impl Outcome {
    /// Nothing stands against it.
    pub(crate) fn passed() -> Self {
        Outcome::Passed { via: Via::Rule }
    }

    /// No.
    pub(crate) fn refused(code: GateCode, cause: Cause) -> Self {
        Outcome::Refused { code, cause }
    }

    /// Whether it goes on to the next gate.
    pub fn goes_on(&self) -> bool {
        match self {
            Outcome::Passed { .. } | Outcome::Skipped => true,
            Outcome::Refused { .. } => false,
        }
    }
}
