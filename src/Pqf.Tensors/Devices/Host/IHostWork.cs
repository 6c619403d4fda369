namespace Pqf.Tensors.Devices.Host;

/// <summary>A loop's body on the host: a struct of pointers and sizes.</summary>
interface IHostWork
{
    /// <summary>Computes one item.</summary>
    /// <param name="item">Which item.</param>
    /// <param name="thread">Which thread runs it, below the device's thread count: for scratch memory only, never for results.</param>
    void Invoke(int item, int thread);
}
