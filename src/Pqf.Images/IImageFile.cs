using Pqf.Nets.Images;

namespace Pqf.Images;

/// <summary>An opened image of one kind of file, as it is stored: three channels, no transparency, no colour management.</summary>
interface IImageFile : IDisposable
{
    /// <summary>Rows stored.</summary>
    int Height { get; }

    /// <summary>Columns stored.</summary>
    int Width { get; }

    /// <summary>What the orientation tag says.</summary>
    Orientation Orientation { get; }

    /// <summary>Begins to decode row by row; false if the image can only be decoded whole.</summary>
    bool StartRows();

    /// <summary>Decodes the next row.</summary>
    /// <param name="row">[width, 4], red, green, blue and anything.</param>
    /// <returns>False if it cannot be decoded.</returns>
    bool ReadRow(Span<byte> row);

    /// <summary>Decodes the whole image to <see cref="Pixels"/>.</summary>
    /// <returns>What is wrong; null if nothing is.</returns>
    string? ReadAll();

    /// <summary>[height, width, 4], red, green, blue and anything, once the image is decoded whole.</summary>
    ReadOnlySpan<byte> Pixels { get; }

    /// <summary>What decoding had to guess, for a person; null if it guessed nothing.</summary>
    string? Guess { get; }
}
