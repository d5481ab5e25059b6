//! What a decision is made on: all that was read, at one moment.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All that was read of the state, in one snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// What is asked for.
    pub asked: Asked,
    /// When it was read.
    pub at: DateTime<Utc>,
    /// Kill switches of the tenant and env, and tenant-0's.
    pub switches: Read<Vec<Switch>>,
    /// The levels that the tenant demands beyond the defaults: upward only.
    pub levels: BTreeMap<String, Level>,
    /// Licences of the subject.
    pub licences: Read<Vec<Licence>>,
    /// Strategy locks that name the action.
    pub locks: Read<Vec<Lock>>,
    /// Budget limits that concern the surface.
    pub limits: Read<Vec<Limit>>,
    /// Corridors of the surface, with their latest measurements.
    pub corridors: Read<Vec<Corridor>>,
    /// The tenant's temperature.
    pub temperature: Read<Temperature>,
    /// What owners put on record against what is unknown.
    pub overrides: Vec<Override>,
}

impl Facts {
    /// Nothing is known: what is asked for is refused.
    pub fn unread(asked: Asked, at: DateTime<Utc>) -> Self {
        Self {
            asked,
            at,
            switches: Read::Failed,
            levels: BTreeMap::new(),
            licences: Read::Failed,
            locks: Read::Failed,
            limits: Read::Failed,
            corridors: Read::Failed,
            temperature: Read::Failed,
            overrides: Vec::new(),
        }
    }
}

/// What was read, or that it could not be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Read<T> {
    /// What stands there.
    Known(T),
    /// It could not be read, or is older than may be.
    Failed,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// The action, e.g. `builder:publish_page`.
    pub action: String,
    /// Who acts.
    pub subject: Subject,
    /// Where.
    pub surface: Option<String>,
    /// Through whom.
    pub provider: Option<String>,
    /// What it costs.
    pub cost: Option<Amount>,
    /// Whether an agent asks for it, in whosever name: what agents do by themselves can be switched off.
    pub is_autonomous: bool,
    /// Whether it stays inside: drafts skip the gates from Budget on.
    pub is_draft: bool,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    /// What kind of being.
    #[serde(rename = "type")]
    pub kind: SubjectKind,
    /// Names it.
    pub id: String,
}

/// What kind of being acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// A person.
    Human,
    /// An agent, which acts by itself.
    Agent,
    /// A tool.
    Tool,
    /// A surface.
    Surface,
    /// An application.
    App,
}

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// In millionths of the currency's unit, not below 0.
    pub micros: u64,
    /// ISO 4217.
    pub currency: String,
}

/// A kill switch that is thrown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switch {
    /// Whether tenant-0 threw it, for all.
    pub is_for_all: bool,
    /// What it stops.
    pub target: Target,
}

/// What a kill switch stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Every action.
    Everything,
    /// One action.
    Action(String),
    /// Whatever goes through a provider.
    Provider(String),
    /// Whatever agents do by themselves.
    Autonomy,
}

/// How dangerous, and how much is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The least.
    Low,
    /// More.
    Medium,
    /// The most.
    High,
}

/// A licence of the subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// Names it.
    pub licence_id: String,
    /// Up to how dangerous.
    pub level: Level,
    /// For which actions; none means all.
    pub scope: Option<Vec<String>>,
    /// Until when, not including.
    pub expires_at: DateTime<Utc>,
    /// Whether it was taken back.
    pub is_revoked: bool,
}

/// A strategy lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Names it.
    pub lock_id: String,
    /// How far it is.
    pub state: LockState,
    /// What it allows.
    pub allowed_actions: Vec<String>,
    /// On which surfaces; none means all.
    pub surfaces: Option<Vec<String>>,
    /// Through which providers; none means all, and without one, too.
    pub providers: Option<Vec<String>>,
    /// What it may cost at most; none means whatever the budget allows.
    pub cost_most: Option<Amount>,
    /// From when.
    pub valid_from: DateTime<Utc>,
    /// Until when, not including.
    pub valid_until: DateTime<Utc>,
    /// The three-wise question that it names.
    pub question: Option<Question>,
}

/// How far a strategy lock is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LockState {
    /// Nobody decided.
    Draft,
    /// It holds.
    Approved,
    /// It does not.
    Rejected,
}

/// A three-wise question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Names it.
    pub question_id: String,
    /// What came of it; none while nothing did.
    pub verdict: Option<Verdict>,
}

/// What came of a three-wise question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// Yes.
    Approve,
    /// No.
    Reject,
}

/// What may be spent in a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Names it.
    pub limit_id: String,
    /// In which window.
    pub window: Window,
    /// The most.
    pub most: Amount,
    /// What was spent in the window, in millionths.
    pub spent_micros: u64,
    /// What is reserved for actions under way, in millionths.
    pub reserved_micros: u64,
}

/// Over which time is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// 60 minutes.
    Hour,
    /// 24 hours.
    Day,
    /// 30 days.
    Month,
}

/// Between what a KPI of the surface must lie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Corridor {
    /// Which.
    pub kpi: String,
    /// Not below this.
    pub min: Option<f64>,
    /// Not above this.
    pub max: Option<f64>,
    /// The latest; none where nobody measured.
    pub latest: Option<Measurement>,
}

/// A measurement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// What was measured.
    pub value: f64,
    /// When.
    pub at: DateTime<Utc>,
}

/// What the temperature is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Temperature {
    /// Each measure and what is demanded of it, by its name.
    pub terms: BTreeMap<String, Term>,
}

/// One measure of the temperature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// How much it counts for; 0 where it has only bounds.
    pub weight: f64,
    /// Not below this.
    pub floor: Option<f64>,
    /// Not above this.
    pub ceiling: Option<f64>,
    /// The latest; none where nobody measured.
    pub latest: Option<Measurement>,
}

/// A bound that does not hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Breach {
    /// Of which measure.
    pub name: String,
    /// What was measured.
    pub value: f64,
    /// Below what it lies, if it does.
    pub floor: Option<f64>,
    /// Above what it lies, if it does.
    pub ceiling: Option<f64>,
}

/// An owner's word against what is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Names it.
    pub override_id: String,
    /// At which gate.
    pub gate: crate::GateName,
    /// For which action; none means all.
    pub action: Option<String>,
    /// Until when, not including.
    pub expires_at: DateTime<Utc>,
}
