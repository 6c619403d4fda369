using System.Collections.Immutable;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Nets.Images;
using Pqf.Tensors;

namespace Pqf.Compression.Data;

/// <summary>Labelled images that are prepared one by one, in any order, on any thread.</summary>
public abstract record ImageSet
{
    ImageSet() { }

    /// <summary>The labelled image files of <c>DIR/val</c> if it is there, else of <c>DIR</c>, with classes numbered as a network numbers
    /// them.</summary>
    /// <param name="folder">DIR: one folder of images for each class, named as the network's classes are.</param>
    /// <param name="model">The network.</param>
    /// <param name="reader">Decodes images.</param>
    /// <param name="progress">Receives notes: what is left out, and what is guessed.</param>
    /// <returns>An error that names the folder if it is missing, holds no images, or has classes that the network does not have.</returns>
    public static Result<ImageSet, PqfError> Open(
        string folder,
        PqfModel model,
        ImageReader reader,
        IProgress<JobProgress>? progress = null
    ) =>
        from found in ImageFolder.OpenValidation(folder, reader)
        let network = NetworkClasses.Of(model)
        from match in found.Match(network)
        select found.Numbered(match, network, reader, progress);

    /// <summary>Labelled images to measure on: of a folder of image files as for a path, of IDX files those named <c>t10k</c>; where a part
    /// is held back from training, that part; and where a number of each class is trained on, the rest.</summary>
    /// <param name="source">The folder, of one kind or the other.</param>
    /// <param name="model">The network.</param>
    /// <param name="reader">Decodes images.</param>
    /// <param name="progress">As for a path.</param>
    /// <returns>As for a path.</returns>
    public static Result<ImageSet, PqfError> Open(
        ImageSource source,
        PqfModel model,
        ImageReader reader,
        IProgress<JobProgress>? progress = null
    ) =>
        source is { ImageFolder: { } folder, IdxFolder: null, HeldBack: null, TrainImagesPerClass: null }
            ? Open(folder, model, reader, progress)
            : TrainingImages
                .Open(source, reader)
                .Bind(images =>
                {
                    foreach (string note in images.Notes)
                        progress.Note(note);
                    return images.NumberedFor(NetworkClasses.Of(model), progress);
                })
                .Map(sets => sets.Validation);

    /// <summary>All image files under a folder, whatever their folders are called, all of class 0; or the images to train on where it is a
    /// folder of IDX files.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="reader">Decodes images.</param>
    /// <param name="progress">Receives notes: what is left out.</param>
    /// <returns>An error that names the folder if it is missing or holds no images.</returns>
    public static Result<ImageSet, PqfError> OpenUnlabelled(string folder, ImageReader reader, IProgress<JobProgress>? progress = null) =>
        IdxFolder.IsOne(folder)
            ? IdxFolder.Open(folder).Map<ImageSet>(found => found.Train)
            : ImageFolder
                .FindImages(folder, reader, progress)
                .Map<ImageSet>(paths => new Files([.. paths.Select(path => new LabelledImage(path, 0))], reader) { Folder = folder });

    /// <summary>Image files without labels: all of class 0.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="reader">Decodes images.</param>
    public static ImageSet Of(IEnumerable<string> paths, ImageReader reader) =>
        new Files([.. paths.Select(path => new LabelledImage(path, 0))], reader);

    /// <summary>Images in it.</summary>
    public abstract int Count { get; }

    /// <summary>The file of an image; null where images have none of their own.</summary>
    public virtual string? PathOf(int index) => null;

    /// <summary>What a report calls the file of an image: its path below the folder that was given, which tells it from others of the same
    /// name; null where images have no file of their own.</summary>
    public virtual string? NameOf(int index) => null;

    /// <summary>Images that are used: all but those that were found so far not to be decoded. Every line that counts photographs counts
    /// these.</summary>
    /// <param name="skipped">Those that cannot be decoded; null where such an image is an error.</param>
    public int UsableCount(SkippedImages? skipped) =>
        skipped is null ? Count : Enumerable.Range(0, Count).Count(i => PathOf(i) is not { } path || !skipped.Has(path));

    /// <summary>The class of an image, as the network's outputs are numbered.</summary>
    public abstract int ClassOf(int index);

    /// <summary>Writes the network's input for an image.</summary>
    /// <param name="index">Below the count.</param>
    /// <param name="preprocessing">What the network is trained with.</param>
    /// <param name="variation">For training; null for the centre as it is.</param>
    /// <param name="input">[crop, crop, channels], filled.</param>
    /// <returns>An error that names the image if it cannot be decoded.</returns>
    public abstract Result<Unit, PqfError> Prepare(int index, Preprocessing preprocessing, Variation? variation, Memory<float> input);

    /// <summary>An image as it is.</summary>
    /// <param name="index">Below the count.</param>
    /// <returns>An error that names the image if it cannot be decoded.</returns>
    public abstract Result<PixelImage, PqfError> Decode(int index);

    /// <summary>Image files.</summary>
    /// <param name="Images">Their paths and classes.</param>
    /// <param name="Reader">Decodes them.</param>
    public sealed record Files(ImmutableArray<LabelledImage> Images, ImageReader Reader) : ImageSet
    {
        /// <inheritdoc/>
        public override int Count => Images.Length;

        /// <inheritdoc/>
        public override string? PathOf(int index) => Images[index].Path;

        /// <summary>The folder that they were looked for in; null where each file was named.</summary>
        public string? Folder { get; init; }

        /// <inheritdoc/>
        public override string? NameOf(int index) =>
            Folder is null ? Path.GetFileName(Images[index].Path) : Path.GetRelativePath(Folder, Images[index].Path);

        /// <inheritdoc/>
        public override int ClassOf(int index) => Images[index].Class;

        /// <inheritdoc/>
        public override Result<Unit, PqfError> Prepare(int index, Preprocessing preprocessing, Variation? variation, Memory<float> input) =>
            Reader.Prepare(Images[index].Path, preprocessing, input, variation);

        /// <inheritdoc/>
        public override Result<PixelImage, PqfError> Decode(int index) => Reader.Decode(Images[index].Path);
    }

    /// <summary>Other images, under other numbers of their classes.</summary>
    /// <param name="Images">The images.</param>
    /// <param name="Numbers">The number of each of their classes.</param>
    public sealed record Renumbered(ImageSet Images, ImmutableArray<int> Numbers) : ImageSet
    {
        /// <inheritdoc/>
        public override int Count => Images.Count;

        /// <inheritdoc/>
        public override string? PathOf(int index) => Images.PathOf(index);

        /// <inheritdoc/>
        public override string? NameOf(int index) => Images.NameOf(index);

        /// <inheritdoc/>
        public override int ClassOf(int index) => Numbers[Images.ClassOf(index)];

        /// <inheritdoc/>
        public override Result<Unit, PqfError> Prepare(int index, Preprocessing preprocessing, Variation? variation, Memory<float> input) =>
            Images.Prepare(index, preprocessing, variation, input);

        /// <inheritdoc/>
        public override Result<PixelImage, PqfError> Decode(int index) => Images.Decode(index);
    }

    /// <summary>Some of other images.</summary>
    /// <param name="Images">The images.</param>
    /// <param name="Places">Which of them, in order.</param>
    public sealed record Part(ImageSet Images, ImmutableArray<int> Places) : ImageSet
    {
        /// <inheritdoc/>
        public override int Count => Places.Length;

        /// <inheritdoc/>
        public override string? PathOf(int index) => Images.PathOf(Places[index]);

        /// <inheritdoc/>
        public override string? NameOf(int index) => Images.NameOf(Places[index]);

        /// <inheritdoc/>
        public override int ClassOf(int index) => Images.ClassOf(Places[index]);

        /// <inheritdoc/>
        public override Result<Unit, PqfError> Prepare(int index, Preprocessing preprocessing, Variation? variation, Memory<float> input) =>
            Images.Prepare(Places[index], preprocessing, variation, input);

        /// <inheritdoc/>
        public override Result<PixelImage, PqfError> Decode(int index) => Images.Decode(Places[index]);
    }

    /// <summary>Photographs in memory.</summary>
    /// <param name="Images">Of any sizes.</param>
    /// <param name="Classes">The class of each; empty for images without labels.</param>
    public sealed record Photographs(ImmutableArray<PixelImage> Images, ImmutableArray<int> Classes) : ImageSet
    {
        /// <inheritdoc/>
        public override int Count => Images.Length;

        /// <inheritdoc/>
        public override int ClassOf(int index) => Classes.IsEmpty ? 0 : Classes[index];

        /// <inheritdoc/>
        public override Result<Unit, PqfError> Prepare(int index, Preprocessing preprocessing, Variation? variation, Memory<float> input)
        {
            Preprocess.ToInput(Images[index], preprocessing, input.Span, variation);
            return default(Unit);
        }

        /// <inheritdoc/>
        public override Result<PixelImage, PqfError> Decode(int index) => Images[index];
    }

    /// <summary>Pictures that the program draws, for networks that there are no photographs for: <see cref="DeadLeaves"/>. They have no
    /// labels.</summary>
    /// <param name="Number">How many.</param>
    /// <param name="Side">Rows and columns of each.</param>
    /// <param name="Key">One key, one set of pictures.</param>
    public sealed record Synthetic(int Number, int Side, RngKey Key) : ImageSet
    {
        /// <inheritdoc/>
        public override int Count => Number;

        /// <inheritdoc/>
        public override int ClassOf(int index) => 0;

        /// <inheritdoc/>
        public override Result<Unit, PqfError> Prepare(int index, Preprocessing preprocessing, Variation? variation, Memory<float> input)
        {
            Preprocess.ToInput(Draw(index), preprocessing, input.Span, variation);
            return default(Unit);
        }

        /// <inheritdoc/>
        public override Result<PixelImage, PqfError> Decode(int index) => Draw(index);

        PixelImage Draw(int index) => DeadLeaves.Draw(Side, Key.Fold((ulong)index));
    }

    /// <summary>Grey images of one size in memory.</summary>
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
            Preprocess.ToInput(Image(index), preprocessing, input.Span, variation);
            return default(Unit);
        }

        /// <inheritdoc/>
        public override Result<PixelImage, PqfError> Decode(int index) => Image(index);

        PixelImage Image(int index) => new(Height, Width, 1, Pixels.Slice(index * Height * Width, Height * Width).ToArray());
    }
}
