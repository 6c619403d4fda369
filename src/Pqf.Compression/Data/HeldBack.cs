using System.Collections.Immutable;
using System.Globalization;
using Pqf.Tensors;

namespace Pqf.Compression.Data;

/// <summary>How a part of some images is held back from training, to validate on. The part depends on the seed and on the names, order and
/// counts of the classes' images alone.</summary>
/// <param name="Fraction">Share of each class, above 0 and below 1.</param>
/// <param name="Seed">Draws the images: one seed, one part.</param>
public readonly record struct HeldBack(double Fraction, long Seed)
{
    /// <summary>Key of the fraction, for messages.</summary>
    const string Key = "dataloader.validation_fraction";

    /// <summary>Splits images class by class, in their order. Of a class of two images or more, one at least is trained on and one at least
    /// is held back.</summary>
    /// <param name="path">Where they are, for messages.</param>
    /// <param name="images">The images; classes are ranks in <paramref name="classes"/>.</param>
    /// <param name="classes">Names of the classes.</param>
    /// <returns>The sets and a line for each thing to say; an error where no class has two images.</returns>
    internal Result<(TrainingSets Sets, ImmutableArray<string> Notes), PqfError> Split(
        string path,
        ImageSet images,
        ImmutableArray<string> classes
    )
    {
        var key = RngKey.FromSeed(Seed).Fold("validation");
        double fraction = Fraction;
        var groups = Enumerable.Range(0, images.Count).ToLookup(images.ClassOf);
        var held = groups.SelectMany(group => Drawn([.. group], fraction, key.Fold(classes[group.Key]))).ToImmutableHashSet();
        if (held.IsEmpty)
            return new PqfError.Config(
                "configuration",
                Key,
                $"expected a class of two images or more in {path}: one to train on and one to hold back, got classes of one image"
            );
        var all = Enumerable.Range(0, images.Count).ToLookup(held.Contains);
        ImmutableArray<string> single = [.. groups.Where(group => group.Count() == 1).Select(group => classes[group.Key])];
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"{path}: holding back {held.Count:N0} of {images.Count:N0} images to validate on, drawn from each class "
                + $"({Key} {Fraction}, split_seed {Seed})"
        );
        return (
            new TrainingSets(new ImageSet.Part(images, [.. all[false]]), new ImageSet.Part(images, [.. all[true]]), path),
            single.IsEmpty
                ? [line]
                :
                [
                    line,
                    $"{path}: only one image each of {ClassMatch.Cut(single)}; it is trained on: how well they are learnt is not measured",
                ]
        );
    }

    static IEnumerable<int> Drawn(int[] images, double fraction, RngKey key) =>
        images.Length < 2
            ? []
            : key.Permutation(images.Length)
                .Take(Math.Clamp((int)Math.Round(fraction * images.Length), 1, images.Length - 1))
                .Select(place => images[place]);
}
