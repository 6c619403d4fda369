using Pqf.Tensors;

namespace Pqf.Compression.Data;

/// <summary>Images that cannot be decoded and are left out. Each is named once, however often it comes.</summary>
/// <param name="report">Receives an image's error when it comes for the first time.</param>
public sealed class SkippedImages(Action<PqfError> report)
{
    readonly HashSet<string> seen = new(StringComparer.Ordinal);

    /// <summary>Images so far.</summary>
    public int Count => seen.Count;

    /// <summary>Counts an image. May be called on several threads at once.</summary>
    /// <param name="error">Names it.</param>
    public void Add(PqfError error)
    {
        lock (seen)
            if (seen.Add(error.Message))
                report(error);
    }
}
