using System.Globalization;

namespace Pqf.Tensors;

/// <summary>Counts things for people: <c>1 image</c>, <c>2 images</c>.</summary>
public static class Plural
{
    /// <summary><c>1 class</c>, <c>1,200 classes</c>.</summary>
    /// <param name="count">How many.</param>
    /// <param name="one">The word for one.</param>
    /// <param name="more">The word for none and for several; null for <paramref name="one"/> with an s.</param>
    public static string Of(long count, string one, string? more = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{count:N0} {Word(count, one, more)}");

    /// <summary>The word alone.</summary>
    /// <param name="count">As for <see cref="Of"/>.</param>
    /// <param name="one">As for <see cref="Of"/>.</param>
    /// <param name="more">As for <see cref="Of"/>.</param>
    public static string Word(long count, string one, string? more = null) => count == 1 ? one : more ?? $"{one}s";
}
