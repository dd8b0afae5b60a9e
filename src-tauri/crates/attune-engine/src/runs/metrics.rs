//! The curve of a run: one JSON line per step in `metrics.jsonl` of its folder.
//!
//! Not in the database: a curve has thousands of points and is written by the worker, which has no database.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Point;
use crate::{Error, Result};

pub(crate) const NAME: &str = "metrics.jsonl";

/// Most points of a series that anybody is given; a screen has no use for more.
const MOST_POINTS: usize = 500;

/// Appends points as they come. A kill can tear the last line only.
#[derive(Debug)]
pub(crate) struct MetricsWriter {
    file: File,
    path: PathBuf,
}

impl MetricsWriter {
    pub(crate) fn create(run_folder: &Path) -> Result<Self> {
        let path = run_folder.join(NAME);
        let file = OpenOptions::new().create(true).append(true).open(&path);
        match file {
            Ok(file) => Ok(Self { file, path }),
            Err(source) => Err(Error::Write { path, source }),
        }
    }

    pub(crate) fn append(&mut self, point: &Point) -> Result<()> {
        let mut line = serde_json::to_vec(point).map_err(Error::Encode)?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(|source| Error::Write { path: self.path.clone(), source })
    }
}

/// The points of a run, thinned evenly to at most 500; none if it took no step yet.
///
/// # Errors
/// [`Error::Read`] if the file is there and cannot be read.
pub(crate) fn read(run_folder: &Path) -> Result<Vec<Point>> {
    let path = run_folder.join(NAME);
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(Error::Read { path, source }),
    };
    let points = text
        .split(|byte| *byte == b'\n')
        // A torn last line is not a point.
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    Ok(thinned(points))
}

/// Keeps the first and the last point and an even choice between them.
fn thinned(points: Vec<Point>) -> Vec<Point> {
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
        assert_eq!(read(folder.path()).unwrap(), []);
        let mut writer = MetricsWriter::create(folder.path()).unwrap();
        writer.append(&point(1)).unwrap();
        writer.file.write_all(b"{\"step\":2,\"lo").unwrap();
        assert_eq!(read(folder.path()).unwrap(), [point(1)]);
    }

    #[test]
    fn a_long_curve_is_thinned_and_keeps_its_ends() {
        let thin = thinned((1..=12_345).map(point).collect());
        assert_eq!(thin.len(), MOST_POINTS);
        assert_eq!((thin[0].step, thin[MOST_POINTS - 1].step), (1, 12_345));
        assert!(thin.windows(2).all(|pair| pair[0].step < pair[1].step));
    }
}
