//! Ranks that are processes, on one machine or many, through the system's MPI.

use std::fmt;
use std::io::{self, IsTerminal};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use half::bf16;
use mpi::Threading;
use mpi::collective::SystemOperation;
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives, Equivalence, Root};

use crate::{Collective, CollectiveError, Sums, Wait, Wire, World};

/// Numbers in one message: 16 MiB of them.
const BUCKET: usize = 1 << 22;

/// How long the other ranks let rank 0 end the job and say why, before they do: most errors all of them have.
/// Open MPI gives a process that handles SIGTERM a second of its own.
const TURN: Duration = Duration::from_secs(3);

/// Connects this process with those that the same launcher started. Once in a process.
///
/// MPI belongs to a thread of its own until the last clone of the world is dropped, which must happen
/// before the process ends.
///
/// # Errors
/// [`CollectiveError::Mpi`] if MPI was initialised before, or cannot be used from a thread.
pub fn world() -> Result<World, CollectiveError> {
    let (orders, received) = channel();
    let (ready, is_ready) = channel();
    let thread =
        thread::Builder::new().name("mpi".to_owned()).spawn(move || serve(&ready, &received));
    let thread = thread.map_err(|error| unusable(error.to_string()))?;
    match is_ready.recv() {
        Ok(Some((rank, size))) => Ok(World::new(Process {
            rank,
            size,
            orders: Mutex::new(Some(orders)),
            thread: Some(thread),
            is_stuck: Arc::default(),
        })),
        Ok(None) => Err(unusable("it was initialised before".to_owned())),
        Err(_) => Err(unusable("its start failed".to_owned())),
    }
}

fn unusable(reason: String) -> CollectiveError {
    CollectiveError::Mpi { reason }
}

fn ended() -> CollectiveError {
    unusable("its thread has ended".to_owned())
}

/// What the thread is asked to do, and where its answer goes.
enum Order {
    Sum(Vec<f32>, Wire, Sender<Vec<f32>>),
    SumWide(Vec<f64>, Sender<Vec<f64>>),
    Gather(Vec<u8>, Sender<Vec<Vec<u8>>>),
    Broadcast(Vec<u8>, Sender<Vec<u8>>),
    End(String),
}

/// The thread that MPI belongs to.
fn serve(ready: &Sender<Option<(usize, usize)>>, orders: &Receiver<Order>) {
    let Some((universe, _)) = mpi::initialize_with_threading(Threading::Serialized) else {
        ready.send(None).ok();
        return;
    };
    let ranks = universe.world();
    let number = |count: i32| usize::try_from(count).unwrap_or(0);
    ready.send(Some((number(ranks.rank()), number(ranks.size())))).ok();
    // Whoever gave an order waits for the answer.
    for order in orders {
        match order {
            Order::Sum(values, wire, answer) => {
                let sums = match wire {
                    Wire::F32 => sum(&ranks, &values),
                    Wire::Bf16 => sum_bf16(&ranks, values),
                };
                answer.send(sums).unwrap_or_default();
            }
            Order::SumWide(values, answer) => answer.send(sum(&ranks, &values)).unwrap_or_default(),
            Order::Gather(bytes, answer) => answer.send(gather(&ranks, &bytes)).unwrap_or_default(),
            Order::Broadcast(bytes, answer) => {
                answer.send(broadcast(&ranks, 0, bytes)).unwrap_or_default();
            }
            Order::End(reason) => {
                tell(number(ranks.rank()), &reason);
                ranks.abort(1);
            }
        }
    }
}

/// Says why a rank ends, in one write: the launcher's own words would come between the parts.
fn tell(rank: usize, reason: &str) {
    if rank > 0 {
        thread::sleep(TURN);
    }
    // On a terminal a bar may be drawn, to which this would be appended.
    let start = if io::stdout().is_terminal() { "\n" } else { "" };
    let line = format!("{start}error: rank {rank}: {reason}\n");
    eprint!("{line}");
}

/// In buckets, so that no message is longer than MPI can count.
fn sum<T: Equivalence + Clone + Default>(ranks: &SimpleCommunicator, values: &[T]) -> Vec<T> {
    let mut sums = vec![T::default(); values.len()];
    for (sums, values) in sums.chunks_mut(BUCKET).zip(values.chunks(BUCKET)) {
        ranks.all_reduce_into(values, sums, SystemOperation::sum());
    }
    sums
}

/// Each rank takes its stretch of everybody's numbers, adds them up in the order of the ranks, and
/// everybody takes the sums: half the bytes of [`sum`], and one rounding on each of the two ways.
fn sum_bf16(ranks: &SimpleCommunicator, mut values: Vec<f32>) -> Vec<f32> {
    let count = usize::try_from(ranks.size()).unwrap_or(1);
    for values in values.chunks_mut(BUCKET) {
        let stretch = values.len().div_ceil(count);
        let mut sent: Vec<u16> = values.iter().map(|&x| bf16::from_f32(x).to_bits()).collect();
        sent.resize(stretch * count, 0);
        let mut received = vec![0; sent.len()];
        ranks.all_to_all_into(&sent[..], &mut received[..]);
        let of_all = |index| {
            let numbers = received.iter().skip(index).step_by(stretch);
            let sum = numbers.map(|&bits| bf16::from_bits(bits).to_f32()).sum::<f32>();
            bf16::from_f32(sum).to_bits()
        };
        let sums: Vec<u16> = (0..stretch).map(of_all).collect();
        ranks.all_gather_into(&sums[..], &mut sent[..]);
        values.iter_mut().zip(&sent).for_each(|(x, &bits)| *x = bf16::from_bits(bits).to_f32());
    }
    values
}

fn gather(ranks: &SimpleCommunicator, bytes: &[u8]) -> Vec<Vec<u8>> {
    let own = |root| if root == ranks.rank() { bytes.to_vec() } else { Vec::new() };
    (0..ranks.size()).map(|root| broadcast(ranks, root, own(root))).collect()
}

/// The length first, then the bytes in buckets.
fn broadcast(ranks: &SimpleCommunicator, root: i32, mut bytes: Vec<u8>) -> Vec<u8> {
    let root = ranks.process_at_rank(root);
    let mut length = bytes.len() as u64;
    root.broadcast_into(&mut length);
    bytes.resize(usize::try_from(length).unwrap_or(usize::MAX), 0);
    bytes.chunks_mut(BUCKET).for_each(|bucket| root.broadcast_into(bucket));
    bytes
}

/// A process's place among others.
struct Process {
    rank: usize,
    size: usize,
    orders: Mutex<Option<Sender<Order>>>,
    thread: Option<JoinHandle<()>>,
    /// The thread waits for a rank that does not come.
    is_stuck: Arc<AtomicBool>,
}

impl Process {
    fn ask<T>(
        &self,
        wait: &Wait,
        order: impl FnOnce(Sender<T>) -> Order,
    ) -> Result<T, CollectiveError> {
        let (answer, answered) = channel();
        self.send(order(answer));
        answer_in_time(&answered, wait, &self.is_stuck)
    }

    fn send(&self, order: Order) {
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        // A thread that is gone shows itself by its missing answer.
        orders.as_ref().map(|orders| orders.send(order).ok());
    }
}

fn answer_in_time<T>(
    answered: &Receiver<T>,
    wait: &Wait,
    is_stuck: &AtomicBool,
) -> Result<T, CollectiveError> {
    let mut left = wait.countdown();
    while let Some(answer) = left.spend(|slice| answered.recv_timeout(slice)) {
        match answer {
            Err(RecvTimeoutError::Timeout) => {}
            answer => return answer.map_err(|_gone| ended()),
        }
    }
    is_stuck.store(true, Ordering::Relaxed);
    // MPI does not say who is missing.
    Err(wait.timed_out(Vec::new()))
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rank {} of {} processes", self.rank, self.size)
    }
}

impl Drop for Process {
    /// Waits until MPI is finalised, unless it never will be. A process that panics ends the others too.
    fn drop(&mut self) {
        if thread::panicking() {
            self.end("it panicked", &Wait::new("the end".to_owned(), None));
        }
        if self.is_stuck.load(Ordering::Relaxed) {
            return;
        }
        self.orders.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

impl Collective for Process {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    /// The thread of MPI adds while the caller goes on.
    fn start_sum(&self, values: Vec<f32>, wire: Wire, wait: Wait) -> Sums {
        let (answer, answered) = channel();
        self.send(Order::Sum(values, wire, answer));
        let is_stuck = Arc::clone(&self.is_stuck);
        Box::new(move || answer_in_time(&answered, &wait, &is_stuck))
    }

    /// Every rank is a process.
    fn start_sum_of_processes(&self, values: Vec<f32>, wire: Wire, wait: Wait) -> Sums {
        self.start_sum(values, wire, wait)
    }

    fn here(&self) -> (usize, usize) {
        (1, 0)
    }

    fn sum_f64(&self, values: &mut [f64], wait: &Wait) -> Result<(), CollectiveError> {
        let sums = self.ask(wait, |answer| Order::SumWide(values.to_vec(), answer))?;
        values.copy_from_slice(&sums);
        Ok(())
    }

    fn gather(&self, bytes: Vec<u8>, wait: &Wait) -> Result<Vec<Vec<u8>>, CollectiveError> {
        self.ask(wait, |answer| Order::Gather(bytes, answer))
    }

    fn broadcast(&self, bytes: Vec<u8>, wait: &Wait) -> Result<Vec<u8>, CollectiveError> {
        self.ask(wait, |answer| Order::Broadcast(bytes, answer))
    }

    /// Does not come back: MPI ends every process, this one too. Where MPI waits for a rank that does not
    /// come, the process ends itself, upon which the launcher ends the others.
    fn end(&self, reason: &str, wait: &Wait) {
        if !self.is_stuck.load(Ordering::Relaxed) {
            self.send(Order::End(reason.to_owned()));
            thread::sleep(wait.grace() + TURN);
        }
        tell(self.rank, reason);
        process::exit(1);
    }
}
