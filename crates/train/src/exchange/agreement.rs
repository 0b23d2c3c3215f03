//! What ranks have to know of each other to decide alike: whether each can go on, and whether anybody was
//! asked to stop.

use resnet_distributed::{CollectiveError, World};

use crate::TrainError;
use crate::stopping::StopHandle;

/// A rank that decides nothing by itself that the others have to know.
#[derive(Debug, Clone)]
pub(crate) struct Agreement {
    pub(crate) world: World,
    /// Somebody asked this rank to stop.
    wish: StopHandle,
    /// All ranks stop.
    agreed: StopHandle,
}

impl Agreement {
    /// A rank of `world` that `stop` asks to stop.
    pub(crate) fn new(world: World, stop: StopHandle) -> Self {
        let agreed = if world.is_alone() { stop.clone() } else { StopHandle::default() };
        Self { world, wish: stop, agreed }
    }

    /// Says that all ranks stop, on all of them at the same place.
    pub(crate) fn stop(&self) -> &StopHandle {
        &self.agreed
    }

    /// 1 where this rank was asked to stop: a part of an exchange, of which
    /// [`take_wishes`](Self::take_wishes) gets the sum.
    pub(super) fn wish(&self) -> f32 {
        flag(self.wish.is_requested())
    }

    pub(super) fn take_wishes(&self, wishes: f32) {
        if wishes > 0.0 {
            self.agreed.request();
        }
    }

    /// `result`, if every rank has one; else, on all of them, [`TrainError::Rank`] of the first that has none. A
    /// rank that is alone has its own error. A wish to stop is known to all afterwards.
    ///
    /// Without this, whoever fails would leave the others in the middle of their next exchange, where nothing
    /// can be saved any more.
    pub(crate) fn settle<T>(&self, result: Result<T, TrainError>) -> Result<T, TrainError> {
        if self.world.is_alone() {
            return result;
        }
        let mut flags = [self.wish(), flag(result.is_err())];
        match (self.world.sum(&mut flags), result) {
            (Err(_broken), Err(own)) => Err(own),
            (Err(broken), Ok(_)) => Err(broken.into()),
            (Ok(()), result) => {
                let [wishes, failures] = flags;
                self.take_wishes(wishes);
                if failures == 0.0 { result } else { Err(self.failure(result.err())?) }
            }
        }
    }

    /// The error for all ranks, from that of each.
    fn failure(&self, own: Option<TrainError>) -> Result<TrainError, CollectiveError> {
        let own = own.map(|error| error.to_string()).unwrap_or_default();
        let all = self.world.gather(own.into_bytes())?;
        let rank = all.iter().position(|reason| !reason.is_empty()).unwrap_or_default();
        let reason = String::from_utf8_lossy(&all[rank]).into_owned();
        Ok(TrainError::Rank { rank, reason })
    }
}

fn flag(is_set: bool) -> f32 {
    f32::from(u8::from(is_set))
}

#[cfg(test)]
mod tests {
    use resnet_distributed::threads;

    use super::*;

    #[test]
    fn what_one_rank_has_not_none_has_and_all_know_why() {
        let told = threads::run(threads::worlds(3), |world| {
            let ranks = Agreement::new(world, StopHandle::default());
            let rank = ranks.world.rank();
            let first = ranks.settle(Ok(rank)).expect("each has one");
            let own = if rank == 1 { Err(TrainError::NothingToEvaluate) } else { Ok(rank) };
            Ok::<_, CollectiveError>((first, ranks.settle(own).expect_err("one has none")))
        });
        for (rank, (first, error)) in told.expect("no rank is left alone").into_iter().enumerate() {
            assert_eq!(first, rank);
            let expected = format!("rank 1 cannot go on: {}", TrainError::NothingToEvaluate);
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn whoever_is_alone_has_its_own_error_and_stops_at_once() {
        let stop = StopHandle::default();
        let alone = Agreement::new(World::alone(), stop.clone());
        let error = alone.settle::<()>(Err(TrainError::NothingToEvaluate)).expect_err("its own");
        assert!(matches!(error, TrainError::NothingToEvaluate), "{error}");
        stop.request();
        assert!(alone.stop().is_requested());
    }

    #[test]
    fn a_wish_is_known_to_all_when_they_have_settled_something_and_not_before() {
        let agreed = threads::run(threads::worlds(2), |world| {
            let wish = StopHandle::default();
            if world.rank() == 1 {
                wish.request();
            }
            let ranks = Agreement::new(world, wish);
            let before = ranks.stop().is_requested();
            ranks.settle(Ok(()))?;
            Ok::<_, TrainError>([before, ranks.stop().is_requested()])
        });
        assert_eq!(agreed.expect("agree"), [[false, true]; 2]);
    }
}
