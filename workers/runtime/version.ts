// Which version this is: that of package.json, which no worker may read at run time.

export const VERSION = '0.1.0';
