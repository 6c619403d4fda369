using System.Collections.Immutable;

namespace Pqf.Tensors;

/// <summary>An expected failure, as data: only the command line turns one into text and an exit code.</summary>
public abstract record PqfError
{
    PqfError() { }

    /// <summary>One line for a person: what is wrong, where, and what was expected.</summary>
    public abstract string Message { get; }

    /// <summary>A file or folder is missing, unreadable, unwritable or not of its format.</summary>
    public sealed record File(string Path, string Problem) : PqfError
    {
        /// <inheritdoc/>
        public override string Message => $"{Path}: {Problem}";
    }

    /// <summary>One tensor of a file is missing, of the wrong type or shape, or holds values that it may not.</summary>
    public sealed record Tensor(string Path, string Name, string Problem) : PqfError
    {
        /// <inheritdoc/>
        public override string Message => $"{Path}: {Name}: {Problem}";
    }

    /// <summary>One key of the configuration is unknown or has a value that it may not have.</summary>
    public sealed record Config(string Path, string Key, string Problem) : PqfError
    {
        /// <inheritdoc/>
        public override string Message => $"{Path}: {Key}: {Problem}";
    }

    /// <summary>A layer cannot be compressed or loaded as asked.</summary>
    public sealed record Layer(string Name, string Problem) : PqfError
    {
        /// <inheritdoc/>
        public override string Message => $"{Name}: {Problem}";
    }

    /// <summary>A device that was asked for is not there or cannot be used.</summary>
    public sealed record Device(string Name, string Problem) : PqfError
    {
        /// <inheritdoc/>
        public override string Message => $"device {Name}: {Problem}";
    }

    /// <summary>Some of many images cannot be decoded. Each was reported when it came; the others were used.</summary>
    public sealed record Images(int FailedCount, int Count) : PqfError
    {
        /// <inheritdoc/>
        public override string Message => $"{FailedCount} of {Count} photographs could not be decoded";
    }

    /// <summary>Several failures found in one pass, all reported.</summary>
    public sealed record Several(ImmutableArray<PqfError> Errors) : PqfError
    {
        /// <inheritdoc/>
        public override string Message => string.Join(Environment.NewLine, Errors.Select(error => error.Message));
    }
}
