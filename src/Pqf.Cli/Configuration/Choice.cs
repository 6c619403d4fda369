using System.Collections.Immutable;

namespace Pqf.Cli.Configuration;

/// <summary>A value that is one of some words.</summary>
/// <param name="Words">The words, for the completion of command lines.</param>
/// <param name="Parse">Understands a node.</param>
sealed record Choice<T>(ImmutableArray<string> Words, ValueParser<T> Parse);
