//! AdamW over one flat vector, with a state that can be stored and taken up again exactly.
//!
//! Not here: the learning rate's schedule and the clipping of gradients (`training`).
//! Invariant: the arithmetic is that of `torch.optim.AdamW` (f32 moments, f64 bias corrections), so that runs
//! can be compared with PEFT's step by step.

use crate::{Error, Result};

const FIRST_DECAY: f64 = 0.9;
const SECOND_DECAY: f64 = 0.999;
const EPSILON: f32 = 1e-8;

/// All that AdamW remembers between steps.
#[derive(Debug, Clone, PartialEq)]
pub struct AdamWState {
    /// Steps taken.
    pub step: u64,
    /// Running mean of the gradient, one value a parameter.
    pub first_moment: Vec<f32>,
    /// Running mean of the squared gradient, one value a parameter.
    pub second_moment: Vec<f32>,
}

/// The optimiser.
///
/// Source: Loshchilov, Hutter 2019, "Decoupled Weight Decay Regularization".
#[derive(Debug, Clone, PartialEq)]
pub struct AdamW {
    weight_decay: f64,
    state: AdamWState,
}

impl AdamW {
    /// An optimiser for `parameters` values that has taken no step.
    pub fn new(parameters: usize, weight_decay: f64) -> Self {
        let zeros = vec![0.0; parameters];
        let state = AdamWState { step: 0, first_moment: zeros.clone(), second_moment: zeros };
        Self { weight_decay, state }
    }

    /// An optimiser that goes on from a stored state.
    ///
    /// # Errors
    /// [`Error::Length`] if the two moments are not of one length.
    pub fn from_state(state: AdamWState, weight_decay: f64) -> Result<Self> {
        same_length("the second moment", state.second_moment.len(), state.first_moment.len())?;
        Ok(Self { weight_decay, state })
    }

    /// What to store for [`Self::from_state`].
    pub fn state(&self) -> &AdamWState {
        &self.state
    }

    /// The decay it was made with.
    pub(crate) fn weight_decay(&self) -> f64 {
        self.weight_decay
    }

    /// Moves `values` one step against `gradient`.
    ///
    /// # Errors
    /// [`Error::Length`] if a vector is not of the optimiser's length.
    pub fn step(&mut self, values: &mut [f32], gradient: &[f32], learning_rate: f64) -> Result<()> {
        let expected = self.state.first_moment.len();
        same_length("the adapter", values.len(), expected)?;
        same_length("the gradient", gradient.len(), expected)?;

        self.state.step += 1;
        let steps = self.state.step as f64;
        let first_correction = 1.0 - FIRST_DECAY.powf(steps);
        let second_correction = (1.0 - SECOND_DECAY.powf(steps)).sqrt() as f32;
        let step_size = (learning_rate / first_correction) as f32;
        let shrink = (1.0 - learning_rate * self.weight_decay) as f32;
        let moments = self.state.first_moment.iter_mut().zip(&mut self.state.second_moment);
        for ((value, slope), (first, second)) in values.iter_mut().zip(gradient).zip(moments) {
            *first += (slope - *first) * (1.0 - FIRST_DECAY) as f32;
            *second = *second * SECOND_DECAY as f32 + slope * slope * (1.0 - SECOND_DECAY) as f32;
            *value *= shrink;
            *value -= step_size * *first / (second.sqrt() / second_correction + EPSILON);
        }
        Ok(())
    }
}

fn same_length(what: &'static str, found: usize, expected: usize) -> Result<()> {
    if found != expected {
        return Err(Error::Length { what, found, expected });
    }
    Ok(())
}
