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
    public static Result<Network, PqfError> Read(TensorFile file, Device device, NetworkOverrides overrides) =>
        from found in Graph(file, overrides)
        from own in GraphNetwork.Of(OptionsOf(file, found))
        from head in HeadChoice.Of(found.Tensors, new Recognition(own), overrides)
        from graph in Networks.Build(head.Architecture)
        from loaded in StateDict.Load(graph, head.Tensors, device)
        let beside = SettingsBeside.Find(file.Path, own, overrides)
        let guess = Guess(found.Input.Shape)
        let preprocessing = beside.Preprocessing ?? guess
        from network in overrides.Complete(
            file.Path,
            file.Format,
            new PqfModel
            {
                Architecture = head.Architecture,
                Graph = graph,
                Parameters = loaded.Parameters,
                Preprocessing = preprocessing,
                ClassNames = beside.ClassNames,
            },
            head.NewLayers
        )
        select network with
        {
            Notes =
            [
                .. file.Notes,
                .. found.Notes,
                .. beside.Preprocessing is null && GuessedImages.Of(guess, overrides) is { } guesses ? (string[])[Note(guesses)] : [],
                .. beside.Notes,
            ],
        };

    /// <summary>What a network is, without its values.</summary>
    public static Result<Architecture, PqfError> Recognise(TensorFile file, NetworkOverrides overrides) =>
        Graph(file, overrides).Bind(found => GraphNetwork.Of(OptionsOf(file, found)));

    static Result<OnnxNetwork, PqfError> Graph(TensorFile file, NetworkOverrides overrides) =>
        OnnxReader.Read(file, new OnnxReadOptions { ImageSize = overrides.Crop is { } crop ? crop : null });

    static GraphOptions OptionsOf(TensorFile file, OnnxNetwork found) =>
        new(
            Path.GetFileNameWithoutExtension(file.Path),
            found.Graph,
            new Pair(found.Input.Shape[1], found.Input.Shape[2]),
            found.Input.Name,
            found.Outputs
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

    static string Note(string guesses) =>
        $"the model does not say how its images are prepared; guessed: {guesses} (change them with preprocessing.resize, crop, mean, "
        + "deviation)";
}
