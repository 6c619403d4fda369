using System.Collections.Immutable;
using Pqf.Tensors;

namespace Pqf.Cli.Configuration;

/// <summary>Joins several results into one.</summary>
static class Results
{
    /// <summary>All values, or the first error.</summary>
    public static Result<ImmutableArray<T>, TError> Collect<T, TError>(IEnumerable<Result<T, TError>> results)
    {
        var values = ImmutableArray.CreateBuilder<T>();
        foreach (var result in results)
        {
            switch (result)
            {
                case Result<T, TError>.Ok ok:
                    values.Add(ok.Value);
                    break;
                case Result<T, TError>.Error error:
                    return error.Value;
            }
        }

        return values.ToImmutable();
    }
}
