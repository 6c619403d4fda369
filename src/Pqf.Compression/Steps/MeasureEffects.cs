using System.Collections.Immutable;
using Pqf.Compression.Allocation;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Steps;

/// <summary>Measures what each quantised layer costs: the error of the network's outputs if it alone were quantised. The network stays as
/// it is.</summary>
/// <remarks>After a step that quantises.</remarks>
/// <param name="Images">Photographs; the first few are used.</param>
public sealed record MeasureEffects(NormImages Images) : ICompressionStep
{
    /// <inheritdoc/>
    public Result<Unit, PqfError> Check(CompressionState start) => Images.Check();

    /// <inheritdoc/>
    public IEnumerable<CompressionEvent> Run(CompressionState state, CancellationToken cancellation) =>
        state.Graph.HasJoints
            ? [new CompressionEvent.StepFinished(this, state)] // its outputs depend on boxes, which photographs do not have
            : ScopedIterator.Run(state.Parameters.Tensors().First().Device, _ => Measure(state, cancellation));

    IEnumerable<CompressionEvent> Measure(CompressionState state, CancellationToken cancellation)
    {
        var dense = state.Dense ?? state.Parameters;
        var device = dense.Tensors().First().Device;
        var loaded = NetworkOutputs.Of(state.Graph, device, Images);
        if (loaded is not Result<Func<Parameters, OutputValues[]>, PqfError>.Ok(var outputs))
        {
            yield return new CompressionEvent.Failed(((Result<Func<Parameters, OutputValues[]>, PqfError>.Error)loaded).Value);
            yield break;
        }

        var error = new OutputError(outputs, dense);
        var reports = ImmutableArray.CreateBuilder<LayerReport>();
        foreach (var report in state.Layers)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return new CompressionEvent.MeasuringEffect(report.Blocks.Layer, reports.Count + 1, state.Layers.Length);
            string name = report.Blocks.WeightName;
            using (device.BeginScope())
            {
                // The dense norms do not take back scales of rows.
                var weight = report.RowScales?.Undone(state.Parameters[name]) ?? state.Parameters[name];
                reports.Add(report with { Effect = error.Of(dense.With(name, weight)) });
            }
        }

        yield return new CompressionEvent.StepFinished(this, state with { Layers = reports.ToImmutable() });
    }
}
