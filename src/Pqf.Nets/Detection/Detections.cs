using System.Collections.Immutable;
using Pqf.Tensors.Ops.Boxes;

namespace Pqf.Nets.Detection;

/// <summary>One object found in an image.</summary>
/// <param name="Box">In pixels of the image, within it.</param>
/// <param name="Label">Class, from 1; 0 is the background and never found.</param>
/// <param name="Score">Probability of the class, 0 … 1.</param>
/// <param name="Mask">[M · M], row by row: the probability that the object covers each cell of its box, where M is the side of the mask
/// head's result (28).</param>
public sealed record Detection(Box Box, int Label, float Score, ReadOnlyMemory<float> Mask);

/// <summary>What a detector found in an image.</summary>
/// <param name="Height">Rows of the image.</param>
/// <param name="Width">Columns of the image.</param>
/// <param name="Items">By falling score.</param>
public sealed record Detections(int Height, int Width, ImmutableArray<Detection> Items);

/// <summary>What is to be found in an image: the objects of one training image. All three lists have one item for each object; there may be
/// none.</summary>
/// <param name="Boxes">In pixels of the image.</param>
/// <param name="Labels">Classes, from 1.</param>
/// <param name="Masks">Of the image's size; null for an object of which only the box is known: it trains boxes, not masks.</param>
public sealed record DetectionTarget(ImmutableArray<Box> Boxes, ImmutableArray<int> Labels, ImmutableArray<BinaryMask?> Masks);
