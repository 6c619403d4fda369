namespace Pqf.Compression.Training;

/// <summary>What training on the dense network's answers gave.</summary>
/// <param name="Steps">Steps done.</param>
/// <param name="KeptStep">The step after which the network was closest to the dense one on the photographs held back; 0 for the
/// start.</param>
/// <param name="Start">Measured on the photographs held back before the first step: <see cref="Metrics.Loss"/>, the divergence in nats, and
/// <see cref="Distillation.Agreement"/>.</param>
/// <param name="Kept">The same of the network that is kept.</param>
public sealed record DistillationReport(int Steps, int KeptStep, Metrics Start, Metrics Kept)
{
    /// <summary>Photographs held back from calibration, on which the network was measured.</summary>
    public int HeldBack => Start.Count;
}
