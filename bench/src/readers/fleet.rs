//! The process of readers: one epoll loop that does what it is told, line by line.

use super::protocol::{Group, Order, Report, Spec};
use super::reader::{Outcome, Pace, Reader};
use super::tally::Tally;
use crate::clock;
use anyhow::{Context, Result, bail};
use mio::{Events, Poll, Token, Waker};
use std::collections::VecDeque;
use std::io::{self, BufRead, Write};
use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::time::{Duration, Instant};

/// Connections that wait for their `hello` at once: about what a listener's queue holds, so that none is dropped by the
/// kernel and tried again a second later.
const HANDSHAKES_MAX: usize = 1_000;
const READ_BYTES: usize = 64 * 1024;
const EVENTS_MAX: usize = 1_024;
/// How often readers that are slow on purpose take their share.
const SLOW_TICK: Duration = Duration::from_millis(50);
/// How long an order may take.
const ORDER_AT_MOST: Duration = Duration::from_secs(90);
const ORDERS: Token = Token(usize::MAX);

/// Reads the spec and then the orders from stdin, and answers each on stdout, until stdin ends.
pub(crate) fn run() -> Result<()> {
    let mut first = String::new();
    io::stdin().lock().read_line(&mut first)?;
    let poll = Poll::new()?;
    let waker = Waker::new(poll.registry(), ORDERS)?;
    let (sender, orders) = mpsc::channel();
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            let _ = sender.send(line);
            let _ = waker.wake();
        }
        drop(sender);
        let _ = waker.wake();
    });
    Fleet::new(poll, serde_json::from_str(&first).context("the first line is not a spec")?).run(&orders)
}

struct Fleet {
    poll: Poll,
    headers: String,
    groups: Vec<Group>,
    readers: Vec<Reader>,
    tally: Tally,
    /// Readers that are still to connect, and where.
    to_connect: VecDeque<usize>,
    address: Option<SocketAddr>,
    handshakes: usize,
    buffer: Vec<u8>,
    waiting: Option<Waiting>,
    failed: Option<String>,
}

/// What an order still waits for.
#[derive(Clone, Copy)]
struct Waiting {
    what: What,
    deadline: Instant,
}

#[derive(Clone, Copy)]
enum What {
    Hello,
    Seq(u64),
}

impl Fleet {
    fn new(poll: Poll, spec: Spec) -> Self {
        let pace = |group: &Group| match group.bytes_per_s {
            None => Pace::AsItComes,
            Some(bytes_per_s) => Pace::Slow { bytes_per_s, since: Instant::now(), taken: 0 },
        };
        let readers = spec.groups.iter().enumerate();
        let readers = readers.flat_map(|(at, group)| (0..group.readers).map(move |_| Reader::new(at, pace(group))));
        Self {
            poll,
            headers: spec.headers,
            readers: readers.collect(),
            groups: spec.groups,
            tally: Tally::new(),
            to_connect: VecDeque::new(),
            address: None,
            handshakes: 0,
            buffer: vec![0; READ_BYTES],
            waiting: None,
            failed: None,
        }
    }

    fn run(mut self, orders: &Receiver<String>) -> Result<()> {
        let mut events = Events::with_capacity(EVENTS_MAX);
        loop {
            match self.poll.poll(&mut events, Some(SLOW_TICK)) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error.into()),
                Ok(()) | Err(_) => {}
            }
            for event in &events {
                if event.token() != ORDERS {
                    self.serve(event.token().0)?;
                }
            }
            self.read_slow();
            self.connect_more()?;
            self.answer_when_done()?;
            if self.waiting.is_none() {
                match orders.try_recv() {
                    Ok(line) => self.obey(serde_json::from_str(&line)?)?,
                    Err(TryRecvError::Empty) => {}
                    Err(TryRecvError::Disconnected) => return Ok(()),
                }
            }
        }
    }

    fn obey(&mut self, order: Order) -> Result<()> {
        let what = match order {
            Order::Open { at } => {
                self.address = Some(at.parse().context("not an address")?);
                self.tally.opened_us = clock::now_us();
                self.to_connect = (0..self.readers.len()).filter(|at| !self.readers[*at].is_connected()).collect();
                self.connect_more()?;
                What::Hello
            }
            Order::Await { seq } => What::Seq(seq),
            Order::Close => {
                self.readers.iter_mut().for_each(Reader::close);
                self.handshakes = 0;
                return self.answer();
            }
            Order::Reset => {
                self.tally.reset();
                return self.answer();
            }
            Order::Hasten => {
                self.readers.iter_mut().for_each(|reader| reader.pace = Pace::AsItComes);
                for at in 0..self.readers.len() {
                    self.read(at);
                }
                return self.answer();
            }
            Order::Tell => return self.answer(),
        };
        self.waiting = Some(Waiting { what, deadline: Instant::now() + ORDER_AT_MOST });
        self.answer_when_done()
    }

    fn serve(&mut self, at: usize) -> Result<()> {
        let group = &self.groups[self.readers[at].group];
        match self.readers[at].ask(group, &self.headers) {
            Ok(()) => {}
            Err(error) if is_early(&error) => return Ok(()),
            Err(error) => bail!("a reader cannot connect: {error}"),
        }
        self.read(at);
        Ok(())
    }

    fn read(&mut self, at: usize) {
        let reader = &mut self.readers[at];
        let greeted = reader.greeted;
        let outcome = reader.read(&mut self.buffer, &mut self.tally);
        if reader.greeted && !greeted {
            self.handshakes = self.handshakes.saturating_sub(1);
        }
        match outcome {
            Outcome::Open => {}
            Outcome::Closed => {
                reader.close();
                self.tally.closed += 1;
            }
            Outcome::Refused(refused) => {
                reader.close();
                self.failed.get_or_insert(refused.0);
            }
        }
    }

    fn read_slow(&mut self) {
        for at in 0..self.readers.len() {
            if matches!(self.readers[at].pace, Pace::Slow { .. }) && self.readers[at].is_connected() {
                self.read(at);
            }
        }
    }

    fn connect_more(&mut self) -> Result<()> {
        let Some(address) = self.address else { return Ok(()) };
        while self.handshakes < HANDSHAKES_MAX
            && let Some(at) = self.to_connect.pop_front()
        {
            let rail = &self.groups[self.readers[at].group].rail;
            self.readers[at].connect(address, rail, self.poll.registry(), Token(at)).context("cannot connect")?;
            self.handshakes += 1;
        }
        Ok(())
    }

    fn answer_when_done(&mut self) -> Result<()> {
        let Some(Waiting { what, deadline }) = self.waiting else { return Ok(()) };
        if self.failed.is_none() && Instant::now() >= deadline {
            self.failed = Some(format!("not done after {ORDER_AT_MOST:?}"));
        }
        let done = match what {
            What::Hello => self.readers.iter().all(|reader| reader.greeted),
            What::Seq(seq) => self.readers.iter().all(|reader| reader.seen >= Some(seq)),
        };
        if done || self.failed.is_some() { self.answer() } else { Ok(()) }
    }

    fn answer(&mut self) -> Result<()> {
        self.waiting = None;
        let open = self.readers.iter().filter(|reader| reader.greeted).count();
        let seen_min = self.readers.iter().map(|reader| reader.seen.unwrap_or(0)).min().unwrap_or(0);
        let report = Report { failed: self.failed.take(), ..self.tally.report(open, seen_min) };
        let mut out = io::stdout().lock();
        serde_json::to_writer(&mut out, &report)?;
        writeln!(out)?;
        Ok(out.flush()?)
    }
}

/// The connection is still on its way.
fn is_early(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotConnected | io::ErrorKind::WouldBlock)
}
