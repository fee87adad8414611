//! Two builds in turns, so short that both see the same machine.
//!
//! What counts is the median of the ratios of a pair's rates, from the lower to the upper quartile, and the processor time that the
//! servers take for an answer: that hardly depends on what else the machine does.

use std::time::Duration;

use super::load::{Connection, Load};
use super::program::Program;
use super::requests;

const TURN: Duration = Duration::from_millis(300);

/// Compares the first of `paths` with the second.
pub fn measure(paths: &[String; 2], rounds: usize) {
    let programs = paths.each_ref().map(|path| Program::zonemint(path, &[]));
    let load = Load::new(&programs[0].certificate());
    let of_earlier = load.trusting(&programs[1].certificate());
    let loads = [load, of_earlier];
    let [requests, same] = [0, 1].map(|at| requests(&loads[at], programs[at].port));
    println!("{:34} {:>9} {:>23} {:>23}", "", "ratio of", "quartiles", "processor time, us");
    println!("{:34} {:>9} {:>11} {:>11} {:>11} {:>11} {:>6}", "", "rates", "", "", "", "earlier", "ratio");
    for ((name, request), (_, same)) in requests.into_iter().zip(same) {
        let requests = [request, same];
        let mut sides = [0, 1].map(|at| Side::new(&loads[at], &programs[at], &requests[at]));
        sides.iter_mut().for_each(Side::warm_up);
        let mut ratios: Vec<f64> = (0..rounds)
            .map(|round| {
                let first = round % 2;
                let rate = sides[first].turn();
                let other = sides[1 - first].turn();
                if first == 0 { rate / other } else { other / rate }
            })
            .collect();
        ratios.sort_by(f64::total_cmp);
        let [at_quarter, at_half, at_three] = [1, 2, 3].map(|quarter| ratios[rounds * quarter / 4]);
        let [one, earlier] = sides.each_ref().map(Side::processor_us);
        let ratio = earlier / one;
        println!("{name:34} {at_half:9.3} {at_quarter:11.3} {at_three:11.3} {one:11.1} {earlier:11.1} {ratio:6.3}");
    }
}

/// One of the two programs, and the load on it.
struct Side<'a> {
    load: &'a Load,
    program: &'a Program,
    request: &'a str,
    connections: Vec<Connection>,
    answers: usize,
    processor_s: f64,
}

impl<'a> Side<'a> {
    fn new(load: &'a Load, program: &'a Program, request: &'a str) -> Self {
        let connections = load.open(&[program.port]);
        Self { load, program, request, connections, answers: 0, processor_s: 0.0 }
    }

    /// Answers a second.
    fn turn(&mut self) -> f64 {
        let before = self.program.processor_s();
        let measured = self.load.run_on(&mut self.connections, |_| self.request.to_owned(), TURN);
        self.answers += measured.answers;
        self.processor_s += self.program.processor_s() - before;
        measured.rate
    }

    fn warm_up(&mut self) {
        self.turn();
        (self.answers, self.processor_s) = (0, 0.0);
    }

    /// For an answer.
    #[expect(clippy::cast_precision_loss, reason = "a count of answers is far below 2^52")]
    fn processor_us(&self) -> f64 {
        self.processor_s * 1e6 / self.answers as f64
    }
}
