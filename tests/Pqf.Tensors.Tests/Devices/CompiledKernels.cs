namespace Pqf.Tensors.Tests.Devices;

/// <summary>Source texts of kernels, each compiled once for all tests: compiling all of them takes half a minute.</summary>
public sealed class CompiledKernels
{
    readonly Dictionary<(Type Kernel, KernelCompilationTests.Target Target), string> texts = [];

    /// <summary>PTX or OpenCL C.</summary>
    public string Of(Type kernel, KernelCompilationTests.Target target)
    {
        if (!texts.TryGetValue((kernel, target), out string? text))
            texts[(kernel, target)] = text = KernelCompilationTests.Compile(kernel, target);
        return text;
    }
}
