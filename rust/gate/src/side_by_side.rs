//! Columns are independent of each other: with more cores than one they are filled side by side.

use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, scope};

/// Runs `work` on every item: on this thread, and on up to `threads - 1` others, each of which takes the next item when
/// it is done with one. They live as long as this call, which takes 20 µs for each: give it work of a millisecond.
pub fn side_by_side<T: Send>(items: impl Iterator<Item = T> + Send, threads: usize, work: impl Fn(T) + Sync) {
    let items = Mutex::new(items);
    let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
    let run = || {
        while let Some(item) = next() {
            work(item);
        }
    };
    scope(|scope| {
        for number in 1..threads {
            // Without another thread this one does it all.
            let _ = Builder::new().name(format!("columns-{number}")).spawn_scoped(scope, run);
        }
        run();
    });
}

#[cfg(test)]
mod tests {
    use super::side_by_side;
    use std::collections::HashSet;
    use std::sync::{Barrier, Mutex};
    use std::thread::{ThreadId, current};

    #[test]
    fn every_item_is_worked_on_once() {
        for threads in [0, 1, 2, 5] {
            let mut squares = vec![0; 100];
            side_by_side(squares.iter_mut().enumerate(), threads, |(number, square)| *square += number * number);
            assert!(squares.iter().enumerate().all(|(number, square)| *square == number * number), "{threads}");
        }
    }

    #[test]
    fn as_many_threads_as_are_asked_for_work_at_the_same_time() {
        let (together, seen) = (Barrier::new(3), Mutex::new(HashSet::<ThreadId>::new()));
        side_by_side(0..3, 3, |_| {
            together.wait();
            seen.lock().unwrap().insert(current().id());
        });
        assert_eq!(seen.into_inner().unwrap().len(), 3);
    }
}
