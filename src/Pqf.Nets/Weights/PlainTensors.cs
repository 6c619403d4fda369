using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Weights;

/// <summary>A file's tensors as they are in a network without wrappers: PyTorch keeps a pruned weight as two tensors, and puts modules of
/// its own between those of the network.</summary>
static class PlainTensors
{
    const string Original = "_orig",
        Mask = "_mask";

    // torch.compile, FullyShardedDataParallel, checkpoint_wrapper: modules that contain another and add no parameters.
    static readonly string[] Wrappers = ["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"];

    // What a parameter is computed from, and how a module is made plain again.
    static readonly (string End, string What, string Remedy)[] Foreign =
    [
        (".weight_g", "weight norm", "torch.nn.utils.remove_weight_norm"),
        (".weight_u", "spectral norm", "torch.nn.utils.remove_spectral_norm"),
        (".parametrizations.weight.original", "a parametrization", "torch.nn.utils.parametrize.remove_parametrizations"),
        (".parametrizations.weight.original0", "a parametrization", "torch.nn.utils.parametrize.remove_parametrizations"),
    ];

    /// <summary>The tensors, each with its name without wrappers.</summary>
    /// <returns>An error that names a weight that the file holds in a form that is not read.</returns>
    public static Result<ImmutableArray<(string Name, StoredTensor Tensor)>, PqfError> Of(TensorFile file)
    {
        foreach (var tensor in file.Tensors)
            if (Array.Find(Foreign, form => tensor.Name.EndsWith(form.End, StringComparison.Ordinal)) is { End: not null } found)
                return new PqfError.Tensor(
                    file.Path,
                    tensor.Name,
                    $"its layer has {found.What}; expected plain weights: call {found.Remedy} before saving"
                );
        return WithoutMasks(file);
    }

    static Result<ImmutableArray<(string Name, StoredTensor Tensor)>, PqfError> WithoutMasks(TensorFile file)
    {
        var tensors = ImmutableArray.CreateBuilder<(string, StoredTensor)>(file.Tensors.Count);
        foreach (var tensor in file.Tensors)
        {
            if (tensor.Name.EndsWith(Original, StringComparison.Ordinal))
            {
                string name = tensor.Name[..^Original.Length];
                if (!file.ByName.TryGetValue(name + Mask, out var mask) || mask.Shape != tensor.Shape)
                    return new PqfError.Tensor(
                        file.Path,
                        tensor.Name,
                        $"expected a mask of pruning beside it, {Printable.Name(name + Mask)} {tensor.Shape}, got "
                            + $"{(mask is null ? "none" : mask.Shape)}"
                    );
                tensors.Add((Unwrapped(name), Pruned(tensor, mask)));
            }
            else if (!IsMask(tensor.Name, file))
                tensors.Add((Unwrapped(tensor.Name), tensor));
        }

        return tensors.ToImmutable();
    }

    static bool IsMask(string name, TensorFile file) =>
        name.EndsWith(Mask, StringComparison.Ordinal) && file.ByName.ContainsKey(name[..^Mask.Length] + Original);

    /// <summary>The product of a weight and its mask, as <c>torch.nn.utils.prune</c> computes it before each run.</summary>
    static StoredTensor Pruned(StoredTensor original, StoredTensor mask) =>
        new(
            original.Name,
            DType.F32,
            original.Shape,
            bytes =>
            {
                var product = MemoryMarshal.Cast<byte, float>(bytes);
                original.ReadSingles(product);
                float[] factors = mask.ToSingles();
                for (int i = 0; i < product.Length; i++)
                    product[i] *= factors[i];
            }
        );

    /// <summary>A name without the modules that PyTorch puts around others.</summary>
    public static string Unwrapped(string name) =>
        Array.Exists(Wrappers, wrapper => name.Contains(wrapper, StringComparison.Ordinal))
            ? string.Join('.', name.Split('.').Where(part => !Wrappers.Contains(part)))
            : name;
}
