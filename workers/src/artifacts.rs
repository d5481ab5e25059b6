//! The role `artifacts`: what is kept of bytes, once it is proved.

pub(crate) mod made;
mod promise;
mod ready;
mod register;
mod scan;
mod sweep;
pub(crate) mod written;

pub(crate) use scan::Scanner;
pub(crate) use sweep::sweep;

use crate::refused;
use crate::runtime::worker::{Delivery, Done, Failure, Logged, Worker};
use crate::store::uploads::Upload;
use node::postgres::Pool;
use node::s3::{Bucket, S3Error};
use subjects::answer::{Answer, Rejection};
use subjects::artifact::ask::{ArtifactAsk, ArtifactGrant};
use subjects::member_command::MemberCommand;
use subjects::streams::{ConsumerSpec, artifacts_consumers};

/// Keeps artifacts and assets.
pub(crate) struct Artifacts {
    pool: Pool,
    bucket: Bucket,
    scanner: Scanner,
}

impl Artifacts {
    /// Over this database and object store. Proved bytes are shown to the scanner.
    pub(crate) fn new(pool: Pool, bucket: Bucket, scanner: Scanner) -> Self {
        Self { pool, bucket, scanner }
    }
}

/// A command, and how it came.
type Asking<'a> = crate::cause::Asking<'a, ArtifactAsk>;

/// What came of a command, and what is to be sent because of it.
struct Outcome {
    granted: Result<ArtifactGrant, Rejection>,
    events: Vec<Logged>,
    events_again: Vec<Logged>,
}

impl Outcome {
    fn refused(rejection: Rejection) -> Self {
        Self { granted: Err(rejection), events: Vec::new(), events_again: Vec::new() }
    }

    /// How the object stands, with nothing to be sent.
    fn of(upload: Upload) -> Self {
        Self { granted: Ok(grant(upload)), events: Vec::new(), events_again: Vec::new() }
    }
}

fn grant(upload: Upload) -> ArtifactGrant {
    let Upload { status, storage_key, upload_id, promise, .. } = upload;
    ArtifactGrant { status, storage_key: storage_key.to_string(), upload_id, promise }
}

/// The object store is away, like the database: whatever was accepted waits until it is back.
fn away(error: S3Error) -> Failure {
    Failure::Unavailable(error.into())
}

impl Worker for Artifacts {
    const ROLE: &'static str = "artifacts";
    const ATTEMPTS_MAX: u64 = 10;
    /// The largest object is read to its end.
    const HANDLE_SECS: u64 = 1_800;
    type Command = MemberCommand<ArtifactAsk>;
    type Granted = ArtifactGrant;

    fn consumers() -> Vec<ConsumerSpec> {
        artifacts_consumers()
    }

    async fn handle(&self, delivery: Delivery<'_, Self::Command>) -> Result<Done<ArtifactGrant>, Failure> {
        let mut done = Done::answers(Vec::new());
        for command in delivery.commands {
            let asking = Asking { command, trace: delivery.trace, is_redelivered: delivery.is_redelivered };
            let outcome = match &command.ask {
                ArtifactAsk::Promise { object_id, area, promise, artifact, parents } => {
                    let promised = promise::Promised { object_id, area: *area, promise, artifact, parents };
                    self.promise(asking, promised).await?
                }
                ArtifactAsk::Register { object_id, area } => self.register(asking, object_id, *area).await?,
            };
            if let Err(rejection) = &outcome.granted {
                let (action, resource) =
                    (format!("object.{}", command.ask.kind()), format!("object.{}", command.ask.object_id()));
                refused::record(&self.pool, command, &delivery.trace, (&action, &resource), rejection).await?;
            }
            done.answers.push(Answer { outcome: outcome.granted, replayed: false });
            done.events.extend(outcome.events);
            done.events_again.extend(outcome.events_again);
        }
        Ok(done)
    }
}
