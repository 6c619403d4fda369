using Pqf.Nets.Images;

namespace Pqf.Compression.Model;

/// <summary>What is said of images whose preparation neither the file nor the settings name.</summary>
static class GuessedImages
{
    /// <summary>The guesses that count.</summary>
    /// <param name="guessed">How images are prepared where the settings say nothing.</param>
    /// <param name="settings">They win over guesses.</param>
    /// <returns>As <c>resize 256, crop 224 × 224, ImageNet's mean and deviation</c>; null where the settings name all of it.</returns>
    public static string? Of(Preprocessing guessed, NetworkOverrides settings)
    {
        string colours = string.Join(
            " and ",
            new[] { settings.Mean.IsEmpty ? "mean" : null, settings.Deviation.IsEmpty ? "deviation" : null }.OfType<string>()
        );
        string[] guesses =
        [
            .. new[]
            {
                settings.Resize is null ? $"resize {guessed.Resize}" : null,
                settings.Crop is null ? $"crop {guessed.Crop} × {guessed.Columns ?? guessed.Crop}" : null,
                colours.Length > 0 ? $"ImageNet's {colours}" : null,
            }.OfType<string>(),
        ];
        return guesses.Length > 0 ? string.Join(", ", guesses) : null;
    }
}
