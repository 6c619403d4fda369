namespace Pqf.Tensors.Devices.Host;

/// <summary>A number as a type: the compiler makes one kernel per type and folds every comparison with it.</summary>
interface IConstant
{
    static abstract int N { get; }
}

readonly struct N1 : IConstant
{
    public static int N => 1;
}

readonly struct N2 : IConstant
{
    public static int N => 2;
}

readonly struct N3 : IConstant
{
    public static int N => 3;
}

readonly struct N4 : IConstant
{
    public static int N => 4;
}

readonly struct N5 : IConstant
{
    public static int N => 5;
}

readonly struct N6 : IConstant
{
    public static int N => 6;
}

readonly struct N7 : IConstant
{
    public static int N => 7;
}

readonly struct N8 : IConstant
{
    public static int N => 8;
}

readonly struct N9 : IConstant
{
    public static int N => 9;
}

readonly struct N10 : IConstant
{
    public static int N => 10;
}

readonly struct N11 : IConstant
{
    public static int N => 11;
}

readonly struct N12 : IConstant
{
    public static int N => 12;
}

readonly struct N13 : IConstant
{
    public static int N => 13;
}

readonly struct N14 : IConstant
{
    public static int N => 14;
}
