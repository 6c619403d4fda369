using System.Globalization;
using Pqf.Compression.Training;
using Pqf.Nets.Metrics;
using Pqf.Tensors;

namespace Pqf.Cli.Results;

/// <summary>What training a compressed network on the dense network's answers gave.</summary>
/// <param name="Steps">Steps done.</param>
/// <param name="KeptStep">The step whose network is kept: the closest to the dense network on the photographs held back; 0 for the network
/// before the first step.</param>
/// <param name="HeldBack">Photographs held back from calibration, to measure on.</param>
/// <param name="AgreementBefore">Photographs held back for which the network's first answer was the dense network's, before the first
/// step.</param>
/// <param name="Agreement">The same of the network that is kept.</param>
/// <param name="DivergenceBefore">Mean divergence from the dense network's answers on the photographs held back, in nats, before the first
/// step.</param>
/// <param name="Divergence">The same of the network that is kept.</param>
sealed record DistillationResult(
    int Steps,
    int KeptStep,
    int HeldBack,
    Share AgreementBefore,
    Share Agreement,
    double DivergenceBefore,
    double Divergence
)
{
    internal string Line()
    {
        string held = Plural.Of(HeldBack, "photograph");
        return Steps == 0
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"distilled 0 steps, as there was no time for them: on {held} held back the divergence from the dense network's answers is "
                    + $"{Divergence:0.000} nats and the first answer is the same for {Agreement.Correct}"
            )
            : string.Create(
                CultureInfo.InvariantCulture,
                $"distilled {Plural.Of(Steps, "step")}: on {held} held back the divergence from the dense network's answers is "
                    + $"{Divergence:0.000} nats (before: {DivergenceBefore:0.000}) and the first answer is the same for "
                    + $"{Agreement.Correct} (before: {AgreementBefore.Correct}); "
            )
                + (
                    KeptStep == 0
                        ? "no step came closer, so the network before the first one is kept"
                        : $"the network after step {KeptStep} is kept"
                );
    }

    /// <summary>Describes a training.</summary>
    public static DistillationResult Of(DistillationReport report) =>
        new(
            report.Steps,
            report.KeptStep,
            report.HeldBack,
            ShareOf(report.Start),
            ShareOf(report.Kept),
            report.Start[Metrics.Loss],
            report.Kept[Metrics.Loss]
        );

    static Share ShareOf(Metrics measured) =>
        Share.Of(new Proportion((int)Math.Round(measured[Distillation.Agreement] * measured.Count), measured.Count));
}
