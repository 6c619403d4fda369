namespace Pqf.Nets.Families;

/// <summary>A tensor does not fit where a family has it. It never leaves the folder: <see cref="FamilyNetwork"/> makes an error of
/// it.</summary>
sealed class MisfitException(string tensor, string problem) : Exception($"{tensor}: {problem}")
{
    /// <summary>The tensor's name, or its layer's.</summary>
    public string Tensor { get; } = tensor;

    /// <summary>What was expected and what came.</summary>
    public string Problem { get; } = problem;
}
