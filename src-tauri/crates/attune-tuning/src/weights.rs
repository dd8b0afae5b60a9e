//! Frozen weights: named tensors out of a safetensors file, in f32 whatever they were stored as.
//!
//! Not here: which tensors a network needs and of which shape; the network asks and this module refuses.
//! Invariant: every tensor is a constant (never a `Var`), so that candle's backward pass cannot reach one.

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use crate::error::WhileDoing;
use crate::{Error, Result};

/// The tensors of a base model by their names in the file.
#[derive(Debug, Clone)]
pub(crate) struct Weights {
    tensors: BTreeMap<String, Tensor>,
}

impl Weights {
    /// Reads a whole safetensors file.
    ///
    /// # Errors
    /// If the file is damaged, or a tensor is of another type than F32, F16 or BF16, or not finite.
    pub(crate) fn from_safetensors(bytes: &[u8]) -> Result<Self> {
        let file = SafeTensors::deserialize(bytes).map_err(|source| Error::WeightsUnreadable { source })?;
        let tensors = file
            .iter()
            .map(|(name, view)| {
                let values = read_floats(name, &view)?;
                if values.iter().any(|value| !value.is_finite()) {
                    return Err(Error::TensorNotFinite { name: name.to_owned() });
                }
                let tensor = Tensor::from_vec(values, view.shape(), &Device::Cpu)
                    .while_doing("placing the base model's weights")?;
                Ok((name.to_owned(), tensor))
            })
            .collect::<Result<_>>()?;
        Ok(Self { tensors })
    }

    /// The tensor `name`, which must have this shape.
    pub(crate) fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let Some(tensor) = self.tensors.get(name) else {
            return Err(Error::MissingTensor { name: name.to_owned() });
        };
        if tensor.dims() != shape {
            let (found, expected) = (tensor.dims().to_vec(), shape.to_vec());
            return Err(Error::TensorShape { name: name.to_owned(), found, expected });
        }
        Ok(tensor.clone())
    }

    /// How many values all tensors hold together.
    pub(crate) fn parameters(&self) -> usize {
        self.tensors.values().map(Tensor::elem_count).sum()
    }

    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }
}

/// The values of a stored tensor as f32, exactly.
pub(crate) fn read_floats(name: &str, view: &TensorView<'_>) -> Result<Vec<f32>> {
    let bytes = view.data();
    match view.dtype() {
        Dtype::F32 => Ok(bytes.as_chunks().0.iter().map(|raw| f32::from_le_bytes(*raw)).collect()),
        Dtype::F16 => Ok(bytes.as_chunks().0.iter().map(|raw| f16::from_le_bytes(*raw).to_f32()).collect()),
        Dtype::BF16 => Ok(bytes.as_chunks().0.iter().map(|raw| bf16::from_le_bytes(*raw).to_f32()).collect()),
        other => Err(Error::TensorType { name: name.to_owned(), found: format!("{other:?}") }),
    }
}
