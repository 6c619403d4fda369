using System.Collections.Immutable;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Compression.Reconstruction;

/// <summary>Moves a network's values between devices.</summary>
static class ParametersOnDevice
{
    /// <summary>Values on a device, in its innermost scope: themselves if they are there.</summary>
    public static Parameters On(this Parameters parameters, Device device) =>
        parameters.Tensors().First().Device == device
            ? parameters
            : new(parameters.Values.ToImmutableDictionary(pair => pair.Key, pair => pair.Value.On(device)));

    /// <summary>A weight on a device, in its innermost scope: itself if it is there.</summary>
    public static Weight On(this Weight weight, Device device) =>
        weight.Tensors().First().Device == device
            ? weight
            : weight.Match<Weight>(
                own => own with { Value = Tensor<float>.From(device, own.Shape, own.Value.ToArray()) },
                own =>
                    own with
                    {
                        Codebook = Tensor<float>.From(device, own.Codebook.Shape, own.Codebook.ToArray()),
                        Codes = Tensor<ushort>.From(device, own.Codes.Shape, own.Codes.ToArray()),
                    }
            );
}
