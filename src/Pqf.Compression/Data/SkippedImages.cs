using System.Text;
using Pqf.Compression.Collectives;
using Pqf.Tensors;

namespace Pqf.Compression.Data;

/// <summary>Images that cannot be decoded and are left out. Each is named once, however often it comes.</summary>
/// <param name="report">Receives an image's error when it comes for the first time.</param>
public sealed class SkippedImages(Action<PqfError> report)
{
    const char Between = '\0'; // is in neither a path nor a problem

    readonly HashSet<string> seen = new(StringComparer.Ordinal);
    readonly List<PqfError.File> files = [];

    /// <summary>Images so far.</summary>
    public int Count => seen.Count;

    /// <summary>A line for each, which names it.</summary>
    public IReadOnlyList<string> Problems
    {
        get
        {
            lock (seen)
                return [.. files.Select(file => file.Message)];
        }
    }

    /// <summary>Whether an image is among them.</summary>
    /// <param name="path">Its file.</param>
    public bool Has(string path)
    {
        lock (seen)
            return files.Any(file => file.Path == path);
    }

    /// <summary>Counts an image. May be called on several threads at once.</summary>
    /// <param name="error">Names it.</param>
    public void Add(PqfError error)
    {
        lock (seen)
            if (seen.Add(error.Message))
            {
                files.Add(error as PqfError.File ?? new PqfError.File("an image", error.Message));
                report(error);
            }
    }

    /// <summary>Adds the images of all processes of a run, in their order.</summary>
    public void Collect(ICollective ranks)
    {
        if (ranks.Size == 1)
            return;
        string own = string.Join(Between, files.Select(file => $"{file.Path}{Between}{file.Problem}"));
        foreach (string text in ranks.ShareAll(Encoding.UTF8.GetBytes(own)).Select(Encoding.UTF8.GetString).Where(text => text.Length > 0))
        foreach (string[] pair in text.Split(Between).Chunk(2))
            Add(new PqfError.File(pair[0], pair[1]));
    }
}
