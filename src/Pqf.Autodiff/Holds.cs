using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Autodiff;

/// <summary>Counts who still needs each tensor of one scope, and gives its memory back when nobody does.</summary>
/// <remarks>Tensors of other scopes, such as parameters and images, are none of its business. Reshaped tensors count as one.</remarks>
sealed class Holds(Scope scope)
{
    readonly Dictionary<Storage, int> counts = [];

    /// <summary>One more needs it.</summary>
    public void Hold(ITensor tensor)
    {
        if (tensor.Storage.Owner == scope)
            counts[tensor.Storage] = counts.GetValueOrDefault(tensor.Storage) + 1;
    }

    /// <summary>One of those who held it is done.</summary>
    public void Drop(ITensor tensor)
    {
        if (!counts.TryGetValue(tensor.Storage, out int count))
            return;
        if (count > 1)
        {
            counts[tensor.Storage] = count - 1;
            return;
        }

        counts.Remove(tensor.Storage);
        if (tensor.Storage.Owner == scope) // else it was kept for longer
            tensor.Device.Release(tensor);
    }

    /// <summary>Whether a tensor may be overwritten: nobody but the caller needs it.</summary>
    public bool IsSole(ITensor tensor) => counts.GetValueOrDefault(tensor.Storage) == 1;
}
