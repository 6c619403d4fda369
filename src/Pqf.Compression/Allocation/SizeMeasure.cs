using System.Collections.Immutable;
using Pqf.Compression.Model;
using Pqf.Nets.Graphs;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Compression.Allocation;

/// <summary>Counts what a target limits: parameters, or the files that hold them.</summary>
/// <param name="Subject">What is counted, for messages: <c>the .pqf file of this network</c>.</param>
/// <param name="DenseBits">Of what is made smaller.</param>
/// <param name="HasWholeBytes">Whether codes take whole bytes; else ⌈log₂k⌉ bits.</param>
/// <param name="Codebook">How codebooks are held.</param>
/// <param name="Of">Bits of the whole, for the settings of a compression. Values do not matter, so that nothing needs to be clustered
/// before it is counted.</param>
sealed record SizeMeasure(
    string Subject,
    long DenseBits,
    bool HasWholeBytes,
    ValueForm Codebook,
    Func<CompressionSpec, Result<long, PqfError>> Of
)
{
    /// <summary>The form of values in which a layer may be held if its size allows it; null where layers have codes alone.</summary>
    public ValueForm? Values { get; init; }

    /// <summary>The forms that a layer may have, with their bits, from the smallest to the largest. Codes that take as much as values do
    /// are not among them.</summary>
    public ImmutableArray<(LayerForm Form, long Bits)> FormsOf(LayerBlocks layer)
    {
        var codes = Distortion.Candidates(layer).Select(form => (Form: (LayerForm)form, Bits: BitsOf(layer, form)));
        return Values is { } form && form.SizeBits(layer.Weight.Count, layer.Rows) is var most
            ? [.. codes.Where(one => one.Bits < most).OrderBy(one => one.Bits), (new LayerForm.Values(form), most)]
            : [.. codes.OrderBy(one => one.Bits)];
    }

    /// <summary>Bits of a layer's codes and codebook.</summary>
    long BitsOf(LayerBlocks layer, LayerForm.Codes form)
    {
        var (d, k) = form;
        long count = layer.Weight.Count / d;
        return HasWholeBytes ? (count * (k > 256 ? 16L : 8L)) + Codebook.SizeBits((long)k * d, 1) : Cost.BitsOf(count, k, d, Codebook);
    }

    /// <summary>Counts files of a network.</summary>
    /// <param name="model">Dense, described as the compressed network will be but for its settings.</param>
    /// <param name="spec">The settings that all choices have in common.</param>
    /// <param name="formats">Of the files; the largest one counts.</param>
    public static SizeMeasure OfFiles(PqfModel model, CompressionSpec spec, ImmutableArray<ModelFormat> formats)
    {
        string[] names = [.. formats.Select(format => format.Extension())];
        return new(
            names is [var only] ? $"the {only} file of this network" : $"the largest file of this network ({string.Join(", ", names)})",
            Cost.Of(model.Graph, model.Parameters, Reporting.NetworkText.InputShape(model)).DenseBits,
            formats.Any(format => format != ModelFormat.Pqf),
            spec.CodebookForm,
            settings => StandIn.FilesOf(model, settings, formats).Map(files => 8 * files.Max(file => file.Bytes))
        )
        {
            Values = SmallLayers.FormFor(model.Architecture, spec),
        };
    }

    /// <summary>Counts parameters, as the paper does.</summary>
    /// <inheritdoc cref="OfFiles"/>
    public static SizeMeasure OfParameters(PqfModel model, CompressionSpec spec)
    {
        var input = Reporting.NetworkText.InputShape(model);
        return new(
            "this network",
            Cost.Of(model.Graph, model.Parameters, input).DenseBits,
            false,
            spec.CodebookForm,
            settings => StandIn.Of<long>(model, settings, quantised => Cost.Of(model.Graph, quantised.Parameters, input).Bits)
        )
        {
            Values = SmallLayers.FormFor(model.Architecture, spec),
        };
    }
}
