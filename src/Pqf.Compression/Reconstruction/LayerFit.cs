using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Reconstruction;

/// <summary>Codes and codebook of one layer, made to lower the error of the layer's output.</summary>
/// <param name="Code">What came out, its codebook rounded to half precision.</param>
/// <param name="Before">Objective of the start, as a part of that of zeros.</param>
/// <param name="After">Objective of the result, likewise.</param>
sealed record LayerFit(MetricCode Code, double Before, double After)
{
    // An objective below zero by more than this part of the scale is no rounding of the sums: the metric is not positive definite.
    const double Rounding = 1e-3;

    /// <summary>Clusters, assigns with feedback, fits the codebook, assigns again, sweeps and fits. A stage that would raise the objective
    /// is not taken. Where inputs hardly vary, their covariance is rounding errors and the objective may have no least value: the start is
    /// kept then.</summary>
    /// <param name="host">Where to run.</param>
    /// <param name="metric">The layer.</param>
    /// <param name="start">Where to begin: the codes of plain quantisation.</param>
    /// <param name="options">How long.</param>
    /// <param name="key">The layer's own randomness.</param>
    public static LayerFit Run(HostDevice host, LayerMetric metric, MetricCode start, ReconstructionOptions options, RngKey key)
    {
        using var scope = host.BeginScope();
        double scale = MetricCode.Scale(metric, MetricCode.Powers(host, metric));
        if (!(scale > 0))
            return new(start, 0, 0); // no input: every code is as good as any other
        var best = new Best(host, metric, start, -Rounding * scale);
        double before = best.Objective;
        var feedback = ErrorFeedback.Of(host, metric, start.D);
        best.Try(WeightedClustering.Run(host, metric, best.Code, options.ClusterIterations, key.Fold("cluster")));
        best.Try(feedback?.Assign(best.Code));
        best.Try(CodebookFit.Run(host, metric, best.Code, options.FitSteps));
        best.Try(feedback?.Assign(best.Code));
        Sweep(host, metric, best, options, key.Fold("noise"));
        var rounded = best.Code.Rounded();
        return best.HasLeast && Array.TrueForAll(rounded.Codebook, float.IsFinite)
            ? new(rounded, before / scale, rounded.Objective(host, metric) / scale)
            : new(start, before / scale, before / scale);
    }

    /// <summary>Sweeps, each with least squares after it. The codebook is shaken before a sweep, less each time and not before the last:
    /// stochastic relaxation (Zeger, Vaisey and Gersho 1992), as plain clustering has it.</summary>
    static void Sweep(HostDevice host, LayerMetric metric, Best best, ReconstructionOptions options, RngKey key)
    {
        var code = best.Code;
        for (int sweep = 0; sweep < options.Sweeps; sweep++)
        {
            double left = 1 - ((sweep + 1.0) / options.Sweeps);
            code = CodeSweep.Run(host, metric, Shaken(code, options.SweepNoise * left, key.Fold((ulong)sweep)));
            best.Try(code);
            code = CodebookFit.Run(host, metric, code, sweep + 1 < options.Sweeps ? options.SweepFitSteps : options.FitSteps);
            best.Try(code);
        }
    }

    /// <summary>A codebook with noise.</summary>
    /// <param name="code">Codes and codebook.</param>
    /// <param name="noise">Its deviation, as a part of the root mean square of the codebook.</param>
    /// <param name="key">Draws it.</param>
    static MetricCode Shaken(MetricCode code, double noise, RngKey key)
    {
        double deviation = noise * Math.Sqrt(code.Codebook.Average(value => (double)value * value));
        return deviation > 0
            ? code with
            {
                Codebook = [.. code.Codebook.Select((value, i) => (float)(value + (deviation * key.Normal((ulong)i))))],
            }
            : code;
    }

    /// <summary>The best so far.</summary>
    sealed class Best(HostDevice host, LayerMetric metric, MetricCode start, double least)
    {
        public MetricCode Code { get; private set; } = start;

        public double Objective { get; private set; } = start.Objective(host, metric);

        /// <summary>Whether no objective was below the least that a positive definite metric gives.</summary>
        public bool HasLeast => Objective >= least;

        public void Try(MetricCode? candidate)
        {
            if (HasLeast && candidate is not null && candidate.Objective(host, metric) is var objective && objective < Objective)
                (Code, Objective) = (candidate, objective);
        }
    }
}
