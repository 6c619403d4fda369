using System.Collections.Immutable;

namespace Pqf.Tensors;

/// <summary>An expected failure, as data: only the command line turns one into text and an exit code.</summary>
/// <remarks>Names and problems may hold text from files as it is: <see cref="Message"/> escapes it.</remarks>
public abstract record PqfError
{
    PqfError() { }

    /// <summary>One line for a person: what is wrong, where, and what was expected. A line more for each finding.</summary>
    public string Message => string.Join(Environment.NewLine, Lines);

    /// <summary>The lines of <see cref="Message"/>, each fit for a terminal.</summary>
    public abstract IEnumerable<string> Lines { get; }

    /// <summary>A file or folder is missing, unreadable, unwritable or not of its format.</summary>
    public sealed record File(string Path, string Problem) : PqfError
    {
        /// <summary>What was found, such as the tensors that do not fit, a line each.</summary>
        public ImmutableArray<string> Findings { get; init; } = [];

        /// <inheritdoc/>
        public override IEnumerable<string> Lines => Findings.Select(Printable.Line).Prepend(Printable.Line($"{Path}: {Problem}"));
    }

    /// <summary>One tensor of a file is missing, of the wrong type or shape, or holds values that it may not.</summary>
    public sealed record Tensor(string Path, string Name, string Problem) : PqfError
    {
        /// <inheritdoc/>
        public override IEnumerable<string> Lines => [Printable.Line($"{Path}: {Printable.Name(Name)}: {Problem}")];
    }

    /// <summary>One key of the configuration is unknown or has a value that it may not have.</summary>
    public sealed record Config(string Path, string Key, string Problem) : PqfError
    {
        /// <inheritdoc/>
        public override IEnumerable<string> Lines => [Printable.Line($"{Path}: {Printable.Name(Key)}: {Problem}")];
    }

    /// <summary>A layer cannot be compressed or loaded as asked.</summary>
    public sealed record Layer(string Name, string Problem) : PqfError
    {
        /// <inheritdoc/>
        public override IEnumerable<string> Lines => [Printable.Line($"{Printable.Name(Name)}: {Problem}")];
    }

    /// <summary>A device that was asked for is not there or cannot be used.</summary>
    public sealed record Device(string Name, string Problem) : PqfError
    {
        /// <inheritdoc/>
        public override IEnumerable<string> Lines => [Printable.Line($"device {Printable.Name(Name)}: {Problem}")];
    }

    /// <summary>Some of many images cannot be decoded. Each was reported when it came; the others were used.</summary>
    public sealed record Images(int FailedCount, int Count) : PqfError
    {
        /// <inheritdoc/>
        public override IEnumerable<string> Lines => [$"{FailedCount} of {Count} photographs could not be decoded"];
    }

    /// <summary>A failure that ends a run of several processes at the same place in all of them.</summary>
    /// <param name="Own">What this process prints; null where another one prints it.</param>
    public sealed record OfRanks(PqfError? Own) : PqfError
    {
        /// <inheritdoc/>
        public override IEnumerable<string> Lines => Own?.Lines ?? [];
    }

    /// <summary>Several failures found in one pass, all reported.</summary>
    public sealed record Several(ImmutableArray<PqfError> Errors) : PqfError
    {
        /// <inheritdoc/>
        public override IEnumerable<string> Lines => Errors.SelectMany(error => error.Lines);
    }
}
