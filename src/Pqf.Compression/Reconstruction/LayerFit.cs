using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Reconstruction;

/// <summary>Codes and codebook of one layer, made to lower the error of the layer's output.</summary>
/// <param name="Code">What came out, its codebook rounded to half precision.</param>
/// <param name="Before">Objective of the start, as a part of that of zeros.</param>
/// <param name="After">Objective of the result, likewise.</param>
sealed record LayerFit(MetricCode Code, double Before, double After)
{
    /// <summary>Clusters, assigns with feedback, fits the codebook, assigns again, sweeps and fits. A stage that would raise the objective
    /// is not taken.</summary>
    /// <param name="host">Where to run.</param>
    /// <param name="metric">The layer.</param>
    /// <param name="start">Where to begin: the codes of plain quantisation.</param>
    /// <param name="options">How long.</param>
    /// <param name="key">The layer's own randomness.</param>
    public static LayerFit Run(HostDevice host, LayerMetric metric, MetricCode start, ReconstructionOptions options, RngKey key)
    {
        using var scope = host.BeginScope();
        double scale = MetricCode.Scale(host, metric);
        if (!(scale > 0))
            return new(start, 0, 0); // no input: every code is as good as any other
        var best = new Best(host, metric, start);
        double before = best.Objective;
        var feedback = ErrorFeedback.Of(host, metric, start.D);
        best.Try(WeightedClustering.Run(host, metric, best.Code, options.ClusterIterations, key.Fold("cluster")));
        best.Try(feedback?.Assign(best.Code));
        best.Try(CodebookFit.Run(host, metric, best.Code, options.FitSteps));
        best.Try(feedback?.Assign(best.Code));
        for (int sweep = 0; sweep < options.Sweeps; sweep++)
        {
            best.Try(CodeSweep.Run(host, metric, best.Code));
            best.Try(CodebookFit.Run(host, metric, best.Code, options.FitSteps));
        }

        var rounded = best.Code.Rounded();
        return new(rounded, before / scale, rounded.Objective(host, metric) / scale);
    }

    /// <summary>The best so far.</summary>
    sealed class Best(HostDevice host, LayerMetric metric, MetricCode start)
    {
        public MetricCode Code { get; private set; } = start;

        public double Objective { get; private set; } = start.Objective(host, metric);

        public void Try(MetricCode? candidate)
        {
            if (candidate is not null && candidate.Objective(host, metric) is var objective && objective < Objective)
                (Code, Objective) = (candidate, objective);
        }
    }
}
