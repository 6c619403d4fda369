using System.Text;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Shell;

/// <summary>Writes on while that is possible. What the system refuses is lost and remembered: a disk that is full under a log does not end
/// a run.</summary>
/// <param name="writer">Where to.</param>
sealed class GuardedWriter(TextWriter writer) : TextWriter
{
    /// <summary>Why text was lost, in a few words; null if none was.</summary>
    public string? Problem { get; private set; }

    /// <inheritdoc/>
    public override Encoding Encoding => writer.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => Try(() => writer.Write(value));

    /// <inheritdoc/>
    public override void Write(string? value) => Try(() => writer.Write(value));

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Try(() => writer.Write(buffer, index, count));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Try(() => writer.WriteLine(value));

    /// <inheritdoc/>
    public override void Flush() => Try(writer.Flush);

    void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception exception) when (IoProblem.IsFileSystem(exception))
        {
            Problem ??= IoProblem.Describe(exception);
        }
    }
}
