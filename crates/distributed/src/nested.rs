//! Ranks that are threads of processes which are ranks among each other: what threads of one process add up
//! goes between processes once.

use std::fmt;
use std::sync::Arc;

use crate::world::Ranks;
use crate::{Collective, CollectiveError, Sums, Wait, Wire, World, threads};

/// The worlds of `size` ranks for a thread each, in every process of `between`; the ranks of a process have
/// numbers that follow each other.
///
/// # Errors
/// [`CollectiveError::Disagreement`] if the processes do not have as many ranks each.
pub fn nested(between: &World, size: usize) -> Result<Vec<World>, CollectiveError> {
    between.agree("the number of devices of a process", &size.to_le_bytes())?;
    if size == 1 {
        return Ok(vec![between.clone()]);
    }
    let Some(processes) = between.ranks() else { return Ok(threads::worlds(size)) };
    let nested = |here| Nested { here: Arc::new(here), between: Arc::clone(processes) };
    Ok(threads::ranks(size).into_iter().map(|here| World::new(nested(here))).collect())
}

/// A thread's place among those of all processes.
struct Nested {
    here: Arc<threads::Rank>,
    between: Arc<Ranks>,
}

impl Nested {
    /// Number of the first rank of this process.
    fn first(&self) -> usize {
        self.between.collective.rank() * self.here.size()
    }

    /// What the first rank of this process makes together with those of the other processes, on all ranks of
    /// this one.
    fn by_the_first<T: Clone + Default + Send + Sync + 'static>(
        &self,
        wait: &Wait,
        exchange: impl FnOnce(&dyn Collective) -> Result<T, CollectiveError>,
    ) -> Result<T, CollectiveError> {
        let is_first = self.here.rank() == 0;
        let exchange = is_first.then_some(|| exchange(&*self.between.collective));
        handed_out(&self.here, self.first(), wait, exchange)
    }
}

/// What `exchange` makes, which the first rank of a process alone has.
fn handed_out<T: Clone + Default + Send + Sync + 'static>(
    here: &threads::Rank,
    first: usize,
    wait: &Wait,
    exchange: Option<impl FnOnce() -> Result<T, CollectiveError>>,
) -> Result<T, CollectiveError> {
    let handed = match exchange {
        Some(exchange) => {
            let made = exchange().inspect_err(|error| here.end(&error.to_string(), wait))?;
            here.broadcast_value(made, wait)
        }
        None => here.broadcast_value(T::default(), &wait.of_a_bystander()),
    };
    handed.map_err(|error| error.numbered_from(first))
}

impl fmt::Debug for Nested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} in {:?}", self.here, self.between.collective)
    }
}

impl Collective for Nested {
    fn rank(&self) -> usize {
        self.first() + self.here.rank()
    }

    fn size(&self) -> usize {
        self.between.collective.size() * self.here.size()
    }

    /// The threads' sum is taken at once; that of the processes while the caller goes on.
    fn start_sum(&self, values: Vec<f32>, wire: Wire, wait: Wait) -> Sums {
        match self.here.start_sum(values, Wire::F32, wait.clone())() {
            Ok(sums) => self.start_sum_of_processes(sums, wire, wait),
            Err(error) => {
                let error = error.numbered_from(self.first());
                Box::new(move || Err(error))
            }
        }
    }

    fn start_sum_of_processes(&self, values: Vec<f32>, wire: Wire, wait: Wait) -> Sums {
        let (here, first) = (Arc::clone(&self.here), self.first());
        let is_first = here.rank() == 0;
        let start = || self.between.collective.start_sum(values, wire, wait.clone());
        let sums = is_first.then(start);
        Box::new(move || handed_out(&here, first, &wait, sums))
    }

    fn here(&self) -> (usize, usize) {
        self.here.here()
    }

    fn sum_f64(&self, values: &mut [f64], wait: &Wait) -> Result<(), CollectiveError> {
        let numbered = |error: CollectiveError| error.numbered_from(self.first());
        self.here.sum_f64(values, wait).map_err(numbered)?;
        let mut sums = values.to_vec();
        let sum = |processes: &dyn Collective| {
            processes.sum_f64(&mut sums, wait)?;
            Ok(sums)
        };
        values.copy_from_slice(&self.by_the_first(wait, sum)?);
        Ok(())
    }

    fn gather(&self, bytes: Vec<u8>, wait: &Wait) -> Result<Vec<Vec<u8>>, CollectiveError> {
        let numbered = |error: CollectiveError| error.numbered_from(self.first());
        let of_process = self.here.gather(bytes, wait).map_err(numbered)?;
        self.by_the_first(wait, |processes| {
            let all = processes.gather(framed(&of_process), wait)?;
            Ok(all.iter().flat_map(|of_process| unframed(of_process)).collect())
        })
    }

    fn broadcast(&self, bytes: Vec<u8>, wait: &Wait) -> Result<Vec<u8>, CollectiveError> {
        self.by_the_first(wait, |processes| processes.broadcast(bytes, wait))
    }

    fn end(&self, reason: &str, wait: &Wait) {
        self.here.end(reason, wait);
        self.between.collective.end(reason, wait);
    }
}

/// Messages in one, each behind its length.
fn framed(messages: &[Vec<u8>]) -> Vec<u8> {
    let frame = |message: &Vec<u8>| [&(message.len() as u64).to_le_bytes()[..], message].concat();
    messages.iter().flat_map(frame).collect()
}

fn unframed(mut rest: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    while let Some((length, later)) = rest.split_first_chunk::<8>() {
        let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let (message, later) = later.split_at(length.min(later.len()));
        messages.push(message.to_vec());
        rest = later;
    }
    messages
}
