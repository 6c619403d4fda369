using System.Collections.Immutable;
using Pqf.Nets.Detection;
using Pqf.Tensors;

namespace Pqf.Compression.Reconstruction;

/// <summary>Photographs on the device.</summary>
/// <param name="Images">[N, H, W, C].</param>
/// <param name="Boxes">For each of the network's joints, in their order, what it cuts into cells; empty where there are no
/// joints.</param>
/// <param name="Number">Number of the batch among those of the photographs as they are: variations have that of their own
/// photographs.</param>
sealed record LoadedBatch(Tensor<float> Images, ImmutableArray<ImmutableArray<RoiBox>> Boxes, int Number);
