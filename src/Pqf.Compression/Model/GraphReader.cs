using Pqf.Nets.Architectures;
using Pqf.Nets.Images;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Model;

/// <summary>Reads ONNX models that are no known network, by their graphs.</summary>
static class GraphReader
{
    // torchvision resizes ImageNet's photographs to 256 pixels before it cuts 224 of them.
    const int UsualResize = 256,
        UsualCrop = 224;

    /// <summary>Images of fewer pixels are those of data sets whose images have that size.</summary>
    const int SmallestCropped = 128;

    /// <summary>Reads a network.</summary>
    public static Result<Network, PqfError> Read(TensorFile file, Device device, NetworkOverrides overrides)
    {
        var options = overrides.Crop is { } crop ? new OnnxReadOptions { ImageSize = crop } : new OnnxReadOptions();
        return from found in OnnxReader.Read(file, options)
            from architecture in GraphNetwork.Of(OptionsOf(file, found))
            from _ in CheckClasses(file, architecture, overrides)
            from loaded in StateDict.Load(found.Graph, found.Tensors, device)
            let preprocessing = Guess(found.Input.Shape)
            from network in overrides.Complete(
                file.Path,
                file.Format,
                new PqfModel
                {
                    Architecture = architecture,
                    Graph = found.Graph,
                    Parameters = loaded.Parameters,
                    Preprocessing = preprocessing,
                },
                []
            )
            from checkedSize in CheckSize(file, network, found)
            select network with
            {
                Notes = [.. file.Notes, .. found.Notes, Note(preprocessing)],
            };
    }

    static GraphOptions OptionsOf(TensorFile file, OnnxNetwork found) =>
        new(
            Path.GetFileNameWithoutExtension(file.Path),
            found.Graph,
            new Pair(found.Input.Shape[1], found.Input.Shape[2]),
            found.Input.Name,
            found.Outputs
        );

    static Result<Unit, PqfError> CheckClasses(TensorFile file, Architecture architecture, NetworkOverrides overrides) =>
        overrides.ClassCount is { } wanted && wanted != architecture.ClassCount
            ? new PqfError.File(
                file.Path,
                $"has {architecture.ClassCount} values for each image; expected {wanted}, as model.class_count says"
            )
            : default(Unit);

    static Result<Unit, PqfError> CheckSize(TensorFile file, Network network, OnnxNetwork found) =>
        network.Preprocessing.InputShape(1) == found.Input.Shape
            ? default(Unit)
            : new PqfError.File(
                file.Path,
                $"reads images of {found.Input.Shape[1]} × {found.Input.Shape[2]} pixels and {found.Input.Shape[3]} channels; expected "
                    + $"those of preprocessing, {network.Preprocessing.InputShape(1)}"
            );

    /// <summary>How images are prepared, as their size suggests.</summary>
    static Preprocessing Guess(Shape input)
    {
        var (rows, columns) = (input[1], input[2]);
        int shorter = Math.Min(rows, columns);
        return Preprocessing.Of(input[3]) with
        {
            Crop = rows,
            Columns = columns == rows ? null : columns,
            Resize = Math.Max(rows, shorter >= SmallestCropped ? (int)Math.Round(shorter * (double)UsualResize / UsualCrop) : shorter),
        };
    }

    static string Note(Preprocessing guessed) =>
        $"the model does not say how its images are prepared; taken are a resize to {guessed.Resize} pixels, a crop of "
        + $"{guessed.Crop} × {guessed.Columns ?? guessed.Crop}, and ImageNet's mean and deviation (preprocessing.resize, crop, mean, "
        + "deviation say otherwise)";
}
