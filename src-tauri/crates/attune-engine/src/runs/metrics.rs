//! The curves of a run: one JSON line per step in `metrics.jsonl` of its folder, and one per evaluation of the
//! held-out rows in `validation.jsonl`.
//!
//! Not in the database: a curve has thousands of points and is written by the worker, which has no database.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Curves, Point, ValidationPoint};
use crate::artifacts::durable_writer;
use crate::{Error, Result};

pub(crate) const NAME: &str = "metrics.jsonl";
pub(crate) const VALIDATION_NAME: &str = "validation.jsonl";

/// Most points of a series that anybody is given; a screen has no use for more.
const MOST_POINTS: usize = 500;

/// Appends points as they come. A kill can tear the last line only.
#[derive(Debug)]
pub(crate) struct MetricsWriter {
    points: Lines,
    validation: Lines,
}

#[derive(Debug)]
struct Lines {
    file: File,
    path: PathBuf,
}

impl MetricsWriter {
    pub(crate) fn create(run_folder: &Path) -> Result<Self> {
        Ok(Self {
            points: Lines::open(run_folder.join(NAME))?,
            validation: Lines::open(run_folder.join(VALIDATION_NAME))?,
        })
    }

    pub(crate) fn append(&mut self, point: &Point) -> Result<()> {
        self.points.append(point)
    }

    pub(crate) fn append_validation(&mut self, point: &ValidationPoint) -> Result<()> {
        self.validation.append(point)
    }
}

impl Lines {
    fn open(path: PathBuf) -> Result<Self> {
        match OpenOptions::new().create(true).append(true).open(&path) {
            Ok(file) => Ok(Self { file, path }),
            Err(source) => Err(Error::Write { path, source }),
        }
    }

    fn append(&mut self, point: &impl Serialize) -> Result<()> {
        let line = line(point)?;
        self.file.write_all(&line).map_err(|source| Error::Write { path: self.path.clone(), source })
    }
}

/// The curves of a run, thinned; empty if it took no step yet.
///
/// # Errors
/// [`Error::Read`] if a file is there and cannot be read.
pub(crate) fn read(run_folder: &Path) -> Result<Curves> {
    let whole = read_whole(run_folder)?;
    Ok(Curves { points: thinned(whole.points), validation: thinned(whole.validation) })
}

/// Every point of the curves of a run.
///
/// # Errors
/// As [`read`].
pub(crate) fn read_whole(run_folder: &Path) -> Result<Curves> {
    Ok(Curves {
        points: read_lines(&run_folder.join(NAME))?,
        validation: read_lines(&run_folder.join(VALIDATION_NAME))?,
    })
}

/// Begins the curves of a run with these.
///
/// # Errors
/// [`Error::Write`].
pub(crate) fn write(folder: &Path, curves: &Curves) -> Result<()> {
    write_lines(folder.join(NAME), &curves.points)?;
    write_lines(folder.join(VALIDATION_NAME), &curves.validation)
}

fn write_lines(path: PathBuf, points: &[impl Serialize]) -> Result<()> {
    let text = points.iter().map(line).collect::<Result<Vec<_>>>()?.concat();
    durable_writer::write(&path, &text).map_err(|source| Error::Write { path, source })
}

fn line(point: &impl Serialize) -> Result<Vec<u8>> {
    let mut line = serde_json::to_vec(point).map_err(Error::Encode)?;
    line.push(b'\n');
    Ok(line)
}

fn read_lines<P: DeserializeOwned>(path: &Path) -> Result<Vec<P>> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(Error::Read { path: path.to_owned(), source }),
    };
    let points = text
        .split(|byte| *byte == b'\n')
        // A torn last line is not a point.
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    Ok(points)
}

/// Keeps the first and the last point and an even choice between them.
fn thinned<P: Copy>(points: Vec<P>) -> Vec<P> {
    if points.len() <= MOST_POINTS {
        return points;
    }
    let last = points.len() - 1;
    (0..MOST_POINTS).map(|index| points[index * last / (MOST_POINTS - 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(step: u64) -> Point {
        Point {
            step,
            epoch: 1.0,
            loss: 2.5,
            learning_rate: 0.3,
            gradient_norm: 1.0,
            tokens_per_second: 100.0,
            elapsed_seconds: 0.5,
        }
    }

    #[test]
    fn points_come_back_and_a_torn_line_does_not() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read(folder.path()).unwrap(), Curves::default());
        let evaluation = ValidationPoint { step: 1, epoch: 1.0, loss: 2.0 };
        let mut writer = MetricsWriter::create(folder.path()).unwrap();
        writer.append(&point(1)).unwrap();
        writer.append_validation(&evaluation).unwrap();
        writer.points.file.write_all(b"{\"step\":2,\"lo").unwrap();
        let found = read(folder.path()).unwrap();
        assert_eq!(found, Curves { points: vec![point(1)], validation: vec![evaluation] });
    }

    #[test]
    fn a_long_curve_is_thinned_and_keeps_its_ends() {
        let thin = thinned((1..=12_345).map(point).collect());
        assert_eq!(thin.len(), MOST_POINTS);
        assert_eq!((thin[0].step, thin[MOST_POINTS - 1].step), (1, 12_345));
        assert!(thin.windows(2).all(|pair| pair[0].step < pair[1].step));
    }
}
