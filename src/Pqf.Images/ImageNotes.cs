using Pqf.Nets.Images;

namespace Pqf.Images;

/// <summary>What a person should know of images that were decoded: which ones were turned, and which ones had to be guessed at. Called on
/// several threads at once.</summary>
public sealed record ImageNotes
{
    /// <summary>Receives the path of an image that is not stored as it is shown, and how it is stored.</summary>
    public Action<string, Orientation> Turned { get; init; } = (_, _) => { };

    /// <summary>Receives the path of an image and what decoding had to guess.</summary>
    public Action<string, string> Guessed { get; init; } = (_, _) => { };
}
