using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Onnx.Reading;

/// <summary>Finds the images among a model's inputs.</summary>
static class ModelInput
{
    /// <summary>More channels than this are no image's.</summary>
    const int MaxImageChannels = 4;

    /// <summary>The one input that is no initialiser.</summary>
    public static Result<OnnxNetworkInput, PqfError> Of(string path, OnnxModel model, OnnxReadOptions options, ModelReading reading)
    {
        OnnxInput[] inputs = [.. model.Inputs.Where(input => model.Constants.Find(input.Name) is null)];
        if (inputs is not [var images])
            return Wrong(
                $"expected one input, images, got {inputs.Length} ({string.Join(", ", inputs.Take(4).Select(input => input.Name))})"
            );
        if (images.Type is not (DType.F32 or DType.F16 or DType.F64 or DType.BF16))
            return Wrong(
                $"input {Printable.Name(images.Name)}: expected numbers in floating point, got {images.Type?.ToString() ?? "another type"}"
            );
        if (images.Lengths is not [var count, var second, var third, var last])
            return Wrong(
                $"input {Printable.Name(images.Name)}: expected images [N, C, H, W], got "
                    + (
                        images.Lengths is { } lengths
                            ? $"[{string.Join(", ", lengths.Select(length => length?.ToString() ?? "?"))}]"
                            : "no shape"
                    )
            );
        if (new[] { count, second, third, last }.Any(length => length is < 0 or > int.MaxValue))
            return Wrong($"input {Printable.Name(images.Name)}: its lengths are not those of an image");
        bool isLast = IsChannelsLast(model, images.Name, second, last);
        var (channels, rows, columns) = isLast ? (last, second, third) : (second, third, last);
        // 0 is how some programs write that any length is allowed.
        channels ??= OfFirstConvolution(model, images.Name);
        if (channels is not > 0)
            return Wrong($"input {Printable.Name(images.Name)}: the model does not say how many channels its images have");
        bool isAny = rows is null or 0 || columns is null or 0;
        int ownRows = rows is > 0 ? (int)rows : OnnxReadOptions.UsualSide,
            ownColumns = columns is > 0 ? (int)columns : OnnxReadOptions.UsualSide;
        var (h, w) = options.ImageSize is { } given ? (given.H, given.W) : (ownRows, ownColumns);
        reading.BatchSize = count is > 0 ? count : null;
        if (isAny)
            reading.Notes.Add($"the model takes images of any size; it is read for images of {h} × {w} pixels");
        else if ((h, w) != (ownRows, ownColumns))
            reading.Notes.Add($"the model is written for images of {ownRows} × {ownColumns} pixels; it is read for {h} × {w}");
        if (isLast)
            reading.Notes.Add("the model reads images [N, H, W, C]; what is written of it reads [N, C, H, W]");
        try
        {
            Shape shape = [1, h, w, (int)channels.Value];
            reading.Set(images.Name, new(reading.Drafts.AddImages(shape), isLast ? AxisOrder.ChannelsLast : AxisOrder.ChannelsFirst));
            return new OnnxNetworkInput(images.Name, shape, isAny, isLast);
        }
        catch (ShapeException)
        {
            return Wrong($"input {Printable.Name(images.Name)}: images of {channels} × {h} × {w} are too large");
        }

        PqfError Wrong(string problem) => new PqfError.File(path, problem);
    }

    /// <summary>Whether the images' channels are their last axis: TensorFlow's are, with a transposition behind them.</summary>
    static bool IsChannelsLast(OnnxModel model, string images, long? second, long? last) =>
        last is > 0 and <= MaxImageChannels
        && second is not (> 0 and <= MaxImageChannels)
        && !model.Nodes.Any(node => node.Input(0) == images && node.Operator is "Conv");

    /// <summary>Channels that the convolution reads which takes in the images; null if there is none.</summary>
    static long? OfFirstConvolution(OnnxModel model, string images)
    {
        var conv = model.Nodes.FirstOrDefault(node => node.Operator == "Conv" && node.Input(0) == images);
        return conv is not null && model.Constants.Find(conv.Input(1)) is { Shape.Rank: 4 } weight ? weight.Shape[1] : null;
    }
}
