using System.Collections.Immutable;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Cli.Data;

/// <summary>Labelled images that are prepared one by one, in any order, on any thread.</summary>
abstract record ImageSet
{
    ImageSet() { }

    /// <summary>Images in it.</summary>
    public abstract int Count { get; }

    /// <summary>The class of an image, as the network's outputs are numbered.</summary>
    public abstract int ClassOf(int index);

    /// <summary>Writes the network's input for an image.</summary>
    /// <param name="index">Below the count.</param>
    /// <param name="preprocessing">What the network is trained with.</param>
    /// <param name="variation">For training; null for the centre as it is.</param>
    /// <param name="input">[crop, crop, channels], filled.</param>
    /// <returns>An error that names the image if it cannot be decoded.</returns>
    public abstract Result<Unit, PqfError> Prepare(int index, Preprocessing preprocessing, Variation? variation, Memory<float> input);

    /// <summary>Image files.</summary>
    public sealed record Files(ImmutableArray<LabelledImage> Images) : ImageSet
    {
        /// <inheritdoc/>
        public override int Count => Images.Length;

        /// <inheritdoc/>
        public override int ClassOf(int index) => Images[index].Class;

        /// <inheritdoc/>
        public override Result<Unit, PqfError> Prepare(int index, Preprocessing preprocessing, Variation? variation, Memory<float> input) =>
            ImageDecoder.ToInput(Images[index].Path, preprocessing, input, variation);
    }

    /// <summary>Grey images in memory.</summary>
    /// <param name="Height">Rows of each.</param>
    /// <param name="Width">Columns of each.</param>
    /// <param name="Pixels">[count, height, width].</param>
    /// <param name="Classes">[count].</param>
    public sealed record Grey(int Height, int Width, ReadOnlyMemory<byte> Pixels, ReadOnlyMemory<byte> Classes) : ImageSet
    {
        /// <inheritdoc/>
        public override int Count => Classes.Length;

        /// <inheritdoc/>
        public override int ClassOf(int index) => Classes.Span[index];

        /// <inheritdoc/>
        public override Result<Unit, PqfError> Prepare(int index, Preprocessing preprocessing, Variation? variation, Memory<float> input)
        {
            var image = new PixelImage(Height, Width, 1, Pixels.Slice(index * Height * Width, Height * Width).ToArray());
            Preprocess.ToInput(image, preprocessing, input.Span, variation);
            return default(Unit);
        }
    }
}
